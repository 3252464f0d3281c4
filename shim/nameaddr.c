// SPDX-License-Identifier: GPL-3.0-or-later
/* nameaddr: host names <-> placeholder addresses; see nameaddr.h.
 *
 * The number of a placeholder, NAMEADDR_BITS wide, is the rule's number and
 * below it the slot:
 *
 *	| rule: ceil(log2(nrules)) bits | slot: the rest |
 *
 * Number 0 (198.18.0.0) is never given out: it looks like the network itself,
 * and so can end the hash chains here.
 *
 * Slots of a rule are taken in order and, after the last, from the first
 * again: the one used again is always the one given out longest ago.  A slot
 * is in its hash chain exactly while its @len is not 0.
 */

#include <string.h>

#include "conf.h"
#include "nameaddr.h"
#include "text.h"

#define NUMBERS     (1u << NAMEADDR_BITS)
#define BUCKET_BITS 15 /* three names a chain where 100,000 are in use */
#define CHUNK       64 /* slots that are allocated together */

struct slot {
	uint32_t hash;
	uint32_t chain; /* number of the next slot with that hash, or 0 */
	uint8_t len;
	char name[NAMEADDR_NAME_MAX + 1];
};

struct nameaddr {
	uint32_t nrules;
	uint32_t slot_bits;
	void *(*more)(size_t size);
	uint32_t next[CONF_RULES_MAX];      /* slot to take next, by rule */
	uint32_t bucket[1u << BUCKET_BITS]; /* number of the first slot, or 0 */
	struct slot *chunk[NUMBERS / CHUNK]; /* by number; NULL: none in use */
};

/* RFC 2544, as v4-mapped. */
const struct addr_net nameaddr_net4 = {
	.base = { { [10] = 0xff, 0xff, 198, 18 } },
	.bits = 128 - NAMEADDR_BITS,
};

/* RFC 4193: the bytes after fd spell "vsock". */
const struct addr_net nameaddr_net6 = {
	.base = { { 0xfd, 'v', 's', 'o', 'c', 'k' } },
	.bits = 64,
};

static void number_to_addr(uint32_t number, const struct addr_net *net,
			   struct addr *a)
{
	*a = net->base;
	for (int i = 15; i > 12; i--, number >>= 8)
		a->b[i] |= (uint8_t)number;
}

/* False where @a cannot have come from number_to_addr(). */
static bool number_from_addr(const struct addr *a, uint32_t *number)
{
	static const uint8_t zero[5];
	uint32_t n =
		(uint32_t)a->b[13] << 16 | (uint32_t)a->b[14] << 8 | a->b[15];

	if (addr_in_net(a, &nameaddr_net4)) {
		*number = n & (NUMBERS - 1);
		return *number;
	}
	*number = n;
	return addr_in_net(a, &nameaddr_net6) && n && n < NUMBERS &&
	       !memcmp(a->b + 8, zero, sizeof(zero));
}

/* FNV-1a over the rule and the name in lower case. */
static uint32_t hash_name(uint32_t rule, const char *name, size_t len)
{
	uint32_t h = (2166136261u ^ rule) * 16777619u;

	for (size_t i = 0; i < len; i++)
		h = (h ^ (uint8_t)text_lower(name[i])) * 16777619u;
	return h;
}

static uint32_t *bucket_of(struct nameaddr *na, uint32_t hash)
{
	return &na->bucket[(hash ^ hash >> BUCKET_BITS) &
			   ((1u << BUCKET_BITS) - 1)];
}

/* NULL where its chunk was never allocated */
static struct slot *slot_of(const struct nameaddr *na, uint32_t number)
{
	struct slot *chunk = na->chunk[number / CHUNK];

	return chunk ? &chunk[number % CHUNK] : NULL;
}

/* Number of the slot that @name has under @rule, or 0. */
static uint32_t find(struct nameaddr *na, uint32_t rule, uint32_t hash,
		     const char *name, size_t len)
{
	uint32_t n = *bucket_of(na, hash);

	while (n) {
		const struct slot *s = slot_of(na, n);

		if (s->hash == hash && n >> na->slot_bits == rule &&
		    s->len == len && text_equal_nocase(s->name, name, len))
			return n;
		n = s->chain;
	}
	return 0;
}

static void unchain(struct nameaddr *na, uint32_t number)
{
	struct slot *s = slot_of(na, number);
	uint32_t *link = bucket_of(na, s->hash);

	while (*link != number)
		link = &slot_of(na, *link)->chain;
	*link = s->chain;
}

/* Number of the slot of @rule that is empty or was given out longest ago; 0
 * where there is no memory for it. */
static uint32_t take_slot(struct nameaddr *na, uint32_t rule)
{
	uint32_t last = (1u << na->slot_bits) - 1;
	uint32_t slot = na->next[rule];
	uint32_t number;

	if (!rule && !slot)
		slot = 1;
	number = rule << na->slot_bits | slot;
	if (!na->chunk[number / CHUNK])
		na->chunk[number / CHUNK] =
			na->more(sizeof(struct slot[CHUNK]));
	if (!na->chunk[number / CHUNK])
		return 0;
	na->next[rule] = slot == last ? 0 : slot + 1;
	if (slot_of(na, number)->len)
		unchain(na, number);
	return number;
}

size_t nameaddr_size(void)
{
	return sizeof(struct nameaddr);
}

struct nameaddr *nameaddr_init(void *mem, size_t nrules,
			       void *(*more)(size_t size))
{
	struct nameaddr *na = mem;
	uint32_t rule_bits = 0;

	while (1u << rule_bits < nrules)
		rule_bits++;
	na->nrules = (uint32_t)nrules;
	na->more = more;
	na->slot_bits = NAMEADDR_BITS - rule_bits;
	return na;
}

bool nameaddr_intern(struct nameaddr *na, size_t rule, const char *name,
		     size_t len, struct addr *v4, struct addr *v6)
{
	uint32_t r = (uint32_t)rule, hash, number;

	if (!len || len > NAMEADDR_NAME_MAX || rule >= na->nrules)
		return false;

	hash = hash_name(r, name, len);
	number = find(na, r, hash, name, len);
	if (!number) {
		uint32_t *bucket = bucket_of(na, hash);
		struct slot *s;

		number = take_slot(na, r);
		if (!number)
			return false;
		s = slot_of(na, number);
		s->hash = hash;
		s->len = (uint8_t)len;
		memcpy(s->name, name, len);
		s->name[len] = '\0';
		s->chain = *bucket;
		*bucket = number;
	}
	number_to_addr(number, &nameaddr_net4, v4);
	number_to_addr(number, &nameaddr_net6, v6);
	return true;
}

bool nameaddr_is_placeholder(const struct addr *a)
{
	return addr_in_net(a, &nameaddr_net4) || addr_in_net(a, &nameaddr_net6);
}

bool nameaddr_lookup(const struct nameaddr *na, const struct addr *a,
		     size_t *rule, char *name)
{
	const struct slot *s;
	uint32_t number;

	if (!number_from_addr(a, &number))
		return false;
	*rule = number >> na->slot_bits;
	if (*rule >= na->nrules)
		return false;
	if (!name)
		return true;

	s = slot_of(na, number);
	if (s)
		memcpy(name, s->name, s->len);
	name[s ? s->len : 0] = '\0';
	return true;
}

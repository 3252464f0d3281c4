/* SPDX-License-Identifier: GPL-3.0-or-later */
/* nameaddr: host names <-> placeholder addresses.  Pure; caller's storage.
 *
 * A routed name gets an address out of 198.18.0.0/15 (benchmarking, RFC 2544:
 * on no real network) and the same number below a ULA /64 (RFC 4193).  The
 * upper bits of the number are the rule's index, so a child that was exec'd
 * and meets an address its parent resolved knows the route from the address
 * alone; the lower bits are a slot, so the process that resolved it, and what
 * it forks, knows the name too.  When a rule's slots are all taken, the
 * oldest is used again.
 */
#ifndef NAMEADDR_H
#define NAMEADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr.h"

#define NAMEADDR_BITS     17 /* of 198.18.0.0/15 */
#define NAMEADDR_NAME_MAX 253

/* The two ranges; no rule may name an address in them. */
extern const struct addr_net nameaddr_net4, nameaddr_net6;

struct nameaddr; /* lives in the storage that the caller gave */

/**
 * nameaddr_size() - Bytes of storage for nameaddr_init(): some 160 KiB
 */
size_t nameaddr_size(void);

/**
 * nameaddr_init() - An empty table
 * @mem:	nameaddr_size() bytes, zeroed, aligned to 64; only what is in
 *		use is touched
 * @nrules:	number of rules in the configuration, 1 to CONF_RULES_MAX
 * @more:	called by nameaddr_intern() for more storage, some 17 KB for
 *		every 64 names: zeroed and aligned to 16, or NULL.  Never
 *		given back
 */
struct nameaddr *nameaddr_init(void *mem, size_t nrules,
			       void *(*more)(size_t size));

/**
 * nameaddr_intern() - Placeholder addresses for a name
 * @rule:	number of the rule the name falls under
 * @name:	host name without trailing dot, 1 to NAMEADDR_NAME_MAX bytes;
 *		compared without case, kept as given first
 * @v4, @v6:	filled in
 *
 * The same name and rule give the same addresses while the slot is not used
 * again.  Not thread-safe: the caller locks.
 *
 * Return: false where @name is too long or empty, @rule is out of range, or
 * there is no storage
 */
bool nameaddr_intern(struct nameaddr *na, size_t rule, const char *name,
		     size_t len, struct addr *v4, struct addr *v6);

/**
 * nameaddr_is_placeholder() - Is @a out of our ranges?  Needs no table.
 */
bool nameaddr_is_placeholder(const struct addr *a);

/**
 * nameaddr_lookup() - What a placeholder stands for
 * @rule:	set to the rule's number
 * @name:	buffer of NAMEADDR_NAME_MAX + 1 bytes, filled with the name, or
 *		with "" where this process does not know it; may be NULL
 *
 * Caller locks against nameaddr_intern().
 *
 * Return: false where @a is no placeholder, or one that nameaddr_intern() never
 * gives: its rule number out of range, or 198.18.0.0
 */
bool nameaddr_lookup(const struct nameaddr *na, const struct addr *a,
		     size_t *rule, char *name);

#endif

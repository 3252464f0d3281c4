// SPDX-License-Identifier: GPL-3.0-or-later
/* route: which rule a destination falls under; see route.h. */

#include <string.h>

#include "awsname.h"
#include "route.h"
#include "text.h"

/* A host name without its trailing dot. */
struct name {
	const char *s;
	size_t len;
};

static struct name name_of(const char *s, size_t len)
{
	if (len && s[len - 1] == '.')
		len--;
	return (struct name){ s, len };
}

/* Where to try again when the pattern does not fit: @p behind the wildcard,
 * @n where the name goes on behind what the wildcard stands for so far. */
struct retry {
	size_t p, n;
	bool set;
};

/* Lets the wildcard stand for one byte more. */
static bool resume(struct retry *r, const char *name, size_t len, bool any,
		   size_t *p, size_t *n)
{
	if (!r->set || r->n == len || (!any && name[r->n] == '.'))
		return false;
	*n = ++r->n;
	*p = r->p;
	return true;
}

/* Only the last * of a label and the last ** need to be tried again: whatever
 * an earlier wildcard could take instead, the later one can take as well.  So
 * there is no recursion, and the work is at most a few steps for each pair of
 * bytes times the longest label. */
static bool match(const char *pat, size_t plen, const char *name, size_t len)
{
	struct retry star = { 0 }, globstar = { 0 };
	size_t p = 0, n = 0;

	/* Most rules do not fit, and most of them show it at their end. */
	for (; plen && pat[plen - 1] != '*'; plen--, len--)
		if (!len ||
		    text_lower(pat[plen - 1]) != text_lower(name[len - 1]))
			return false;

	while (p < plen || n < len) {
		bool wild = p < plen && pat[p] == '*';
		bool any = wild && p + 1 < plen && pat[p + 1] == '*';

		/* A wildcard takes one byte at once, more by resume(). */
		if (wild && n < len && (any || name[n] != '.')) {
			p += any ? 2 : 1;
			n++;
			if (any) {
				globstar = (struct retry){ p, n, true };
				star.set = false;
			} else {
				star = (struct retry){ p, n, true };
			}
		} else if (!wild && p < plen && n < len &&
			   text_lower(pat[p]) == text_lower(name[n])) {
			p++;
			n++;
		} else if (resume(&star, name, len, false, &p, &n)) {
			continue;
		} else {
			star.set = false;
			if (!resume(&globstar, name, len, true, &p, &n))
				return false;
		}
	}
	return true;
}

bool route_pattern_match(const char *pattern, size_t plen, const char *name,
			 size_t nlen)
{
	struct name n = name_of(name, nlen);

	return n.len && match(pattern, plen, n.s, n.len);
}

static bool is_local(struct name n)
{
	static const char local[] = "localhost";
	const size_t len = sizeof(local) - 1;

	return n.len >= len && (n.len == len || n.s[n.len - len - 1] == '.') &&
	       text_equal_nocase(n.s + n.len - len, local, len);
}

bool route_name_is_local(const char *name, size_t len)
{
	return is_local(name_of(name, len));
}

/* libc takes a name for an address where its last label is a number
 * (inet_aton(3): 127.1, 0x7f000001) and where it has a colon. */
static bool is_literal(struct name n)
{
	size_t begin = n.len, i;
	bool hex;

	if (n.len && memchr(n.s, ':', n.len))
		return true;
	while (begin && n.s[begin - 1] != '.')
		begin--;
	if (begin == n.len)
		return false;
	hex = n.len - begin > 2 && n.s[begin] == '0' &&
	      text_lower(n.s[begin + 1]) == 'x';
	for (i = begin + (hex ? 2 : 0); i < n.len; i++) {
		char c = text_lower(n.s[i]);

		if (!text_is_digit(c) && !(hex && c >= 'a' && c <= 'f'))
			return false;
	}
	return true;
}

/* No label of it is empty, and it is not too long. */
static bool is_hostname(struct name n)
{
	if (!n.len || n.len > CONF_NAME_MAX || n.s[0] == '.')
		return false;
	for (size_t i = 1; i <= n.len; i++)
		if (n.s[i - 1] == '.' && (i == n.len || n.s[i] == '.'))
			return false;
	return true;
}

static bool port_fits(const struct rule *r, uint16_t port)
{
	return !r->port || !port || r->port == port;
}

static bool rule_has_name(const struct rule *r, struct name n, bool good,
			  bool local)
{
	switch (r->dest) {
	case DEST_ANY:
		return !local;
	case DEST_AWS:
		return good && awsname_match(n.s, n.len);
	case DEST_NAME:
		return good && match(r->pattern, r->pattern_len, n.s, n.len);
	case DEST_NET:
		break;
	}
	return false;
}

const struct rule *route_by_name(const struct conf *c, const char *name,
				 size_t len, uint16_t port)
{
	struct name n = name_of(name, len);
	bool good = is_hostname(n), local = is_local(n);
	const struct rule *first = NULL; /* pass or deny */

	if (!n.len || is_literal(n))
		return NULL;
	for (size_t i = 0; i < c->nrules; i++) {
		const struct rule *r = &c->rules[i];

		if (!port_fits(r, port) || !rule_has_name(r, n, good, local))
			continue;
		if (port || r->verb == RULE_ROUTE)
			return r;
		if (!first)
			first = r;
		if (!r->port)
			break;
	}
	return first;
}

/* Is every name that falls under @first under @r too? */
static bool covers(const struct rule *r, const struct rule *first)
{
	if (r->dest == DEST_ANY)
		return !route_name_is_local(first->pattern, first->pattern_len);
	return r->dest == first->dest && r->pattern_len == first->pattern_len &&
	       !memcmp(r->pattern, first->pattern, r->pattern_len);
}

const struct rule *route_by_number(const struct conf *c, size_t first,
				   uint16_t port)
{
	if (first >= c->nrules)
		return NULL;
	for (size_t i = 0; i < c->nrules; i++) {
		const struct rule *r = &c->rules[i];

		if (port_fits(r, port) && covers(r, &c->rules[first]))
			return r;
	}
	return NULL;
}

static bool rule_has_addr(const struct rule *r, const struct addr *a)
{
	if (r->dest == DEST_ANY)
		return !addr_is_loopback(a) && !addr_is_unspecified(a);
	if (r->dest != DEST_NET)
		return false;
	for (unsigned i = 0; i < r->nnets; i++)
		if (addr_in_net(a, &r->nets[i]))
			return true;
	return false;
}

const struct rule *route_by_addr(const struct conf *c, const struct addr *a,
				 uint16_t port)
{
	for (size_t i = 0; i < c->nrules; i++) {
		const struct rule *r = &c->rules[i];

		if (port_fits(r, port) && rule_has_addr(r, a))
			return r;
	}
	return NULL;
}

/* All first bytes of IPv4 addresses that are in @net. */
static void prefilter_net(struct route_prefilter *f, const struct addr_net *net)
{
	unsigned first, span;

	if (!addr_is_v4(&net->base) || net->bits < 96) {
		f->v6 = true;
		return;
	}
	span = net->bits < 96 + 8 ? 1u << (96 + 8 - net->bits) : 1;
	first = net->base.b[12] & ~(span - 1);
	for (unsigned i = first; i < first + span; i++)
		f->v4[i] = true;
}

void route_prefilter_init(struct route_prefilter *f, const struct conf *c)
{
	*f = (struct route_prefilter){ 0 };
	for (size_t i = 0; i < c->nrules; i++) {
		const struct rule *r = &c->rules[i];

		if (r->dest == DEST_ANY) {
			memset(f->v4, true, sizeof(f->v4));
			f->v6 = true;
		}
		for (unsigned j = 0; r->dest == DEST_NET && j < r->nnets; j++)
			prefilter_net(f, &r->nets[j]);
	}
}

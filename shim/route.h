/* SPDX-License-Identifier: GPL-3.0-or-later */
/* route: which rule of the configuration a destination falls under.  Pure. */
#ifndef ROUTE_H
#define ROUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr.h"
#include "conf.h"

/**
 * route_by_name() - First rule for a host name
 * @c:		configuration
 * @name:	host name, any case; one trailing dot is ignored
 * @len:	its length
 * @port:	port, or 0 where it is not known yet (Node resolves so)
 *
 * With port 0 every rule for some port counts; but a route goes before a pass
 * or deny for one port only, as a name without a placeholder address could
 * not be routed any more when the port is known.
 *
 * `localhost` and names below it (RFC 6761 6.3) are never under DEST_ANY.
 * A name longer than CONF_NAME_MAX, or with an empty label, falls under
 * DEST_ANY only.  An address as text (10.0.0.1, 127.1, ::1), which libc does
 * not look up, falls under nothing: route_by_addr() when it is connected to.
 *
 * Return: the rule, or NULL: leave it to libc
 */
const struct rule *route_by_name(const struct conf *c, const char *name,
				 size_t len, uint16_t port);

/**
 * route_by_number() - The rule for a placeholder whose name is not known
 * @first:	number of the rule that the placeholder carries
 * @port:	port of the connection
 *
 * For a process that was exec'd with an address its parent had resolved: the
 * address tells a rule that the name fell under, on some port.  That rule, and
 * those that hold every name of it (the very same destination, or `*`), are
 * tried for @port.
 *
 * Return: the rule or NULL
 */
const struct rule *route_by_number(const struct conf *c, size_t first,
				   uint16_t port);

/**
 * route_by_addr() - First rule for a literal address
 *
 * Loopback and unspecified addresses are never under DEST_ANY.
 *
 * Return: the rule or NULL
 */
const struct rule *route_by_addr(const struct conf *c, const struct addr *a,
				 uint16_t port);

/**
 * route_name_is_local() - Is it `localhost` or a name below it (RFC 6761 6.3)?
 */
bool route_name_is_local(const char *name, size_t len);

/**
 * route_pattern_match() - Does @name match the glob @pattern?
 *
 * `*` stands for one label or a part of one (one byte or more), `**` for one
 * label or more.  Case is ignored, so is one trailing dot of @name.
 */
bool route_pattern_match(const char *pattern, size_t plen, const char *name,
			 size_t nlen);

/* Which first bytes of addresses any rule with addresses can match (`*` counts,
 * placeholders do not); a quick no for connect(), which sees every address of
 * the program. */
struct route_prefilter {
	bool v4[256]; /* by first byte of an IPv4 address */
	bool v6;      /* any IPv6 address rule at all */
};

/**
 * route_prefilter_init() - Fill in the filter for all rules of @c
 */
void route_prefilter_init(struct route_prefilter *f, const struct conf *c);

#endif

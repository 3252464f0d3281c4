// SPDX-License-Identifier: GPL-3.0-or-later
/* dest: see dest.h.  Takes the lock for the table of names, so whoever calls
 * must not hold it. */

#include <string.h>

#include "dest.h"
#include "lock.h"
#include "passed.h"

/* A vfork child may not take the lock: it goes by the number alone. */
static bool lookup(const struct addr *a, size_t *rule, char *name)
{
	struct lock_guard g;
	bool found;

	if (!lifecycle_own()) {
		name[0] = '\0';
		return nameaddr_lookup(shim.names, a, rule, NULL);
	}
	lock_enter(&g);
	found = nameaddr_lookup(shim.names, a, rule, name);
	lock_leave(&g);
	return found;
}

static enum verdict verdict_of(const struct rule *r)
{
	switch (r->verb) {
	case RULE_ROUTE:
		return DEST_ROUTE;
	case RULE_DENY:
		return DEST_DENY;
	case RULE_PASS:
		break;
	}
	return DEST_PASS;
}

/* A placeholder leads nowhere on the network, so "pass" and "no rule" cannot
 * mean the kernel here: the name was routed on another port than this one. */
static enum verdict of_placeholder(const struct addr *a, uint16_t port,
				   const struct rule **rule)
{
	char name[NAMEADDR_NAME_MAX + 1];
	enum verdict v;
	size_t number;

	if (!shim.names || !lookup(a, &number, name))
		return DEST_LOST;
	*rule = name[0] ? route_by_name(&shim.conf, name, strlen(name), port)
			: route_by_number(&shim.conf, number, port);
	if (!*rule)
		return DEST_LOST;
	v = verdict_of(*rule);
	return v == DEST_PASS ? DEST_LOST : v;
}

/**
 * dest_of_addr() - What to do with a connection to an address
 * @sa, @len:	address of the program's, AF_INET or AF_INET6
 * @rule:	set to the rule for DEST_ROUTE and DEST_DENY
 *
 * Return: the verdict, never DEST_PASS
 */
enum verdict dest_of_addr(const struct sockaddr *sa, socklen_t len,
			  const struct rule **rule)
{
	enum verdict v;
	struct addr a;
	uint16_t port;

	*rule = NULL;
	if (!addr_from_sockaddr(sa, len, &a, &port))
		return DEST_KERNEL;
	if (nameaddr_is_placeholder(&a))
		return of_placeholder(&a, port, rule);
	*rule = route_by_addr(&shim.conf, &a, port);
	if (!*rule || ((*rule)->dest == DEST_ANY && passed_has(&a)))
		return DEST_KERNEL;
	v = verdict_of(*rule);
	return v == DEST_PASS ? DEST_KERNEL : v;
}

/**
 * dest_of_name() - What to do with a host name
 * @name:	as the program gave it
 * @port:	port, or 0 where it is not known yet
 * @v4, @v6:	for DEST_ROUTE, the placeholder addresses
 */
enum verdict dest_of_name(const char *name, uint16_t port, struct addr *v4,
			  struct addr *v6)
{
	size_t len = strlen(name);
	const struct rule *rule;
	struct lock_guard g;
	enum verdict v;
	bool good;

	rule = route_by_name(&shim.conf, name, len, port);
	v = rule ? verdict_of(rule) : DEST_KERNEL;
	if (v != DEST_ROUTE)
		return v;
	if (!shim.names || !lifecycle_own())
		return DEST_LOST;
	if (name[len - 1] == '.')
		len--;
	lock_enter(&g);
	good = nameaddr_intern(shim.names, (size_t)(rule - shim.conf.rules),
			       name, len, v4, v6);
	lock_leave(&g);
	return good ? DEST_ROUTE : DEST_LOST;
}

/**
 * dest_name_of() - The host name behind a placeholder address
 * @name:	filled in; "" where an earlier program of this process, or its
 *		parent, resolved it
 *
 * Return: false where the address is no placeholder
 */
bool dest_name_of(const struct sockaddr *sa, socklen_t len,
		  char name[NAMEADDR_NAME_MAX + 1])
{
	struct addr a;
	uint16_t port;
	size_t rule;

	name[0] = '\0';
	if (!shim.names || !addr_from_sockaddr(sa, len, &a, &port) ||
	    !nameaddr_is_placeholder(&a))
		return false;
	lookup(&a, &rule, name);
	return true;
}

/**
 * dest_print() - Add "host:port", as the user knows the destination
 */
void dest_print(struct text *t, const struct sockaddr *sa, socklen_t len)
{
	char name[NAMEADDR_NAME_MAX + 1], literal[ADDR_STRLEN];
	uint16_t port = 0;
	struct addr a;

	if (!addr_from_sockaddr(sa, len, &a, &port))
		return;
	dest_name_of(sa, len, name);
	if (name[0]) {
		text_str(t, name);
	} else {
		addr_format(&a, literal);
		text_str(t, addr_is_v4(&a) ? "" : "[");
		text_str(t, literal);
		text_str(t, addr_is_v4(&a) ? "" : "]");
	}
	text_char(t, ':');
	text_uint(t, port);
}

/**
 * dest_print_target() - Add a rule's target, e.g. "vsock 3:8000"
 */
void dest_print_target(struct text *t, const struct target *target)
{
	if (target->kind == TARGET_VSOCK) {
		text_str(t, "vsock ");
		text_uint(t, target->cid);
		text_char(t, ':');
		text_uint(t, target->port);
	} else {
		text_str(t, "unix ");
		text_str(t, target->path);
	}
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dest: what the configuration says of an address or a name
 *
 * Joins the pure modules (route, nameaddr) with this process's state.
 */
#ifndef DEST_H
#define DEST_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "addr.h"
#include "lifecycle.h"
#include "text.h"

enum verdict {
	DEST_KERNEL, /* not ours: the real call */
	DEST_PASS,   /* a name that the user passes: the real call, and its
		      * answers to passed_add() */
	DEST_ROUTE,  /* rule->target */
	DEST_DENY,   /* the user forbade it */
	DEST_LOST,   /* a placeholder that no rule takes on this port */
};

/* May the configuration say anything about this address?  A quick no for
 * connect(2); reads only the first bytes of the address. */
static inline bool dest_maybe(const struct sockaddr *sa, socklen_t len)
{
	const struct sockaddr_in *in = (const void *)sa;
	const struct sockaddr_in6 *in6 = (const void *)sa;

	/* NULL, the page around it and the kernel's half: EFAULT is for the
	 * kernel to say.  Other bad pointers are the program's own fault. */
	if ((intptr_t)sa < 4096 || len < sizeof(*in))
		return false;
	if (sa->sa_family == AF_INET)
		return shim.filter.v4[*(const uint8_t *)&in->sin_addr];
	if (sa->sa_family != AF_INET6 || len < 24)
		return false;
	/* any address rule for IPv6, v4-mapped, or a ULA like ours */
	return shim.filter.v6 || in6->sin6_addr.s6_addr[0] == 0 ||
	       in6->sin6_addr.s6_addr[0] == 0xfd;
}

enum verdict dest_of_addr(const struct sockaddr *sa, socklen_t len,
			  const struct rule **rule);
enum verdict dest_of_name(const char *name, uint16_t port, struct addr *v4,
			  struct addr *v6);
bool dest_name_of(const struct sockaddr *sa, socklen_t len,
		  char name[NAMEADDR_NAME_MAX + 1]);
void dest_print(struct text *t, const struct sockaddr *sa, socklen_t len);
void dest_print_target(struct text *t, const struct target *target);

#endif

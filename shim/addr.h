/* SPDX-License-Identifier: GPL-3.0-or-later */
/* addr: IP addresses in one comparable form.  Pure: no system calls, no state.
 *
 * An IPv4 address is kept as its v4-mapped IPv6 form (::ffff:a.b.c.d), because
 * programs with AF_INET6 sockets (Java, .NET) say it that way too, and both
 * must match the same rule.
 */
#ifndef ADDR_H
#define ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define ADDR_STRLEN 46 /* as INET6_ADDRSTRLEN, with its NUL */

struct addr {
	uint8_t b[16]; /* network byte order; IPv4 is v4-mapped */
};

/* A network: all addresses whose first @bits bits are those of @base.  @bits
 * counts from the start of the 128-bit form, so 10.0.0.0/8 has 104 bits. */
struct addr_net {
	struct addr base;
	unsigned bits;
};

bool addr_from_sockaddr(const struct sockaddr *sa, socklen_t len,
			struct addr *a, uint16_t *port);
bool addr_to_sockaddr(const struct addr *a, uint16_t port, int family,
		      struct sockaddr_storage *ss, socklen_t *len);
bool addr_is_v4(const struct addr *a);
bool addr_is_loopback(const struct addr *a);
bool addr_is_unspecified(const struct addr *a);
bool addr_equal(const struct addr *a, const struct addr *b);
bool addr_in_net(const struct addr *a, const struct addr_net *net);
void addr_net_base(const struct addr_net *net, struct addr *base);
bool addr_net_overlap(const struct addr_net *x, const struct addr_net *y);
bool addr_parse(const char *s, size_t len, struct addr *a);
bool addr_parse_net(const char *s, size_t len, struct addr_net *net);
size_t addr_format(const struct addr *a, char buf[ADDR_STRLEN]);

#endif

// SPDX-License-Identifier: GPL-3.0-or-later
/* emulate_opts: TCP's and IP's options, on a socket that has neither
 *
 * AF_VSOCK fails them all with ENOPROTOOPT, and many clients take that for a
 * broken connection (asyncio, HttpURLConnection, Ruby set TCP_NODELAY after
 * connect and give up).  Nothing they tune exists on vsock, so values are
 * checked as TCP checks them, remembered and given back.  What changes how
 * bytes flow (TCP_ULP, TCP_FASTOPEN_CONNECT, TCP_REPAIR, MD5 ...) is not here:
 * it fails, and programs fall back.
 */

#include <limits.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>

#include "emulate.h"
#include "sys.h"

enum kind {
	NUMBER,
	TRUTH,      /* any number but 0 reads back as 1 */
	CLASS,      /* TOS: its two ECN bits are TCP's own (ip_sock_set_tos) */
	OR_DEFAULT, /* -1 is fallback */
	OR_ZERO,    /* 0 is none */
	AT_MOST,    /* what is above max is max */
};

/* What net/ipv4/tcp.c, net/ipv4/ip_sockglue.c and net/ipv6/ipv6_sockglue.c do
 * with values, on a connected socket.  An option's index is its place in
 * conn.option[]. */
static const struct {
	int level, name, min, max;
	enum kind kind;
	int fallback;
} options[] = {
	{ IPPROTO_TCP, TCP_NODELAY, INT_MIN, INT_MAX, TRUTH, 0 },
	{ IPPROTO_TCP, TCP_CORK, INT_MIN, INT_MAX, TRUTH, 0 },
	{ IPPROTO_TCP, TCP_QUICKACK, INT_MIN, INT_MAX, TRUTH, 0 },
	{ IPPROTO_TCP, TCP_MAXSEG, 88, 32767, OR_ZERO, 0 },
	{ IPPROTO_TCP, TCP_KEEPIDLE, 1, 32767, NUMBER, 0 },
	{ IPPROTO_TCP, TCP_KEEPINTVL, 1, 32767, NUMBER, 0 },
	{ IPPROTO_TCP, TCP_KEEPCNT, 1, 127, NUMBER, 0 },
	{ IPPROTO_TCP, TCP_SYNCNT, 1, 127, NUMBER, 0 },
	{ IPPROTO_TCP, TCP_LINGER2, INT_MIN, 120, AT_MOST, 0 },
	{ IPPROTO_TCP, TCP_WINDOW_CLAMP, 1, INT_MAX, NUMBER, 0 },
	{ IPPROTO_TCP, TCP_USER_TIMEOUT, 0, INT_MAX, NUMBER, 0 },
	{ IPPROTO_TCP, TCP_NOTSENT_LOWAT, INT_MIN, INT_MAX, NUMBER, 0 },
	{ IPPROTO_TCP, TCP_DEFER_ACCEPT, INT_MIN, INT_MAX, NUMBER, 0 },
	{ IPPROTO_IP, IP_TOS, INT_MIN, INT_MAX, CLASS, 0 },
	{ IPPROTO_IP, IP_TTL, 1, 255, OR_DEFAULT, 64 },
	{ IPPROTO_IP, IP_MTU_DISCOVER, 0, 5, NUMBER, 0 },
	{ IPPROTO_IP, IP_RECVTOS, INT_MIN, INT_MAX, TRUTH, 0 },
	{ IPPROTO_IP, IP_RECVTTL, INT_MIN, INT_MAX, TRUTH, 0 },
	{ IPPROTO_IP, IP_RECVERR, INT_MIN, INT_MAX, TRUTH, 0 },
	{ IPPROTO_IP, IP_FREEBIND, INT_MIN, INT_MAX, TRUTH, 0 },
	{ IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, INT_MIN, INT_MAX, TRUTH, 0 },
	{ IPPROTO_IPV6, IPV6_V6ONLY, 1, 0, TRUTH, 0 }, /* fixed by now */
	{ IPPROTO_IPV6, IPV6_TCLASS, -1, 255, CLASS, 0 },
	{ IPPROTO_IPV6, IPV6_UNICAST_HOPS, 0, 255, OR_DEFAULT, 64 },
	{ IPPROTO_IPV6, IPV6_MTU_DISCOVER, 0, 5, NUMBER, 0 },
	{ SOL_SOCKET, SO_REUSEPORT, INT_MIN, INT_MAX, TRUTH, 0 },
};

#define NOPTIONS ((int)(sizeof(options) / sizeof(options[0])))

_Static_assert(sizeof(options) / sizeof(options[0]) <= CONN_OPTIONS,
	       "struct conn has room for every option");

/* Return: index, or -1: not one that we remember for this family */
static int find(int family, int level, int name)
{
	if (level == IPPROTO_IPV6 && family != AF_INET6)
		return -1;
	for (int i = 0; i < NOPTIONS; i++) {
		if (options[i].level == level && options[i].name == name)
			return i;
	}
	return -1;
}

static bool is_ours(int level)
{
	return level == IPPROTO_TCP || level == IPPROTO_IP ||
	       level == IPPROTO_IPV6;
}

static int read_one(int tcp_fd, int i)
{
	return sys_getsockopt_int(tcp_fd, options[i].level, options[i].name);
}

/**
 * emulate_opts_read() - Remember the options of the socket to be replaced
 * @c:		connection, family set; need not be in the table
 * @tcp_fd:	the program's TCP socket
 */
void emulate_opts_read(struct conn *c, int tcp_fd)
{
	for (int i = 0; i < NOPTIONS; i++) {
		if (find(c->family, options[i].level, options[i].name) == i)
			c->option[i] = read_one(tcp_fd, i);
	}
}

/**
 * emulate_opts_write() - Give a TCP socket the options that were remembered
 * @c:		connection
 * @tcp_fd:	a fresh TCP socket, to take the place of the connection's
 */
void emulate_opts_write(const struct conn *c, int tcp_fd)
{
	for (int i = 0; i < NOPTIONS; i++) {
		if (find(c->family, options[i].level, options[i].name) == i &&
		    c->option[i] != read_one(tcp_fd, i))
			sys_setsockopt(tcp_fd, options[i].level,
				       options[i].name, &c->option[i],
				       sizeof(int));
	}
}

/**
 * emulate_opts_get() - getsockopt(2) of a remembered option
 *
 * Return: 0 with @a, -ENOPROTOOPT, or EMULATE_REAL for other levels
 */
int emulate_opts_get(const struct conn *c, int level, int name,
		     struct emulate_answer *a)
{
	int i = find(c->family, level, name);

	if (i < 0)
		return is_ours(level) ? -ENOPROTOOPT : EMULATE_REAL;
	a->value.number = c->option[i];
	a->len = sizeof(int);
	a->byte = level == IPPROTO_IP;
	return 0;
}

/* Store @v as the kernel would.  Return: 0 or -EINVAL */
static int keep(int *slot, int i, int v)
{
	if (v == -1 && options[i].kind == OR_DEFAULT)
		v = options[i].fallback;
	if (v > options[i].max && options[i].kind == AT_MOST)
		v = options[i].max;
	if ((v < options[i].min || v > options[i].max) &&
	    !(v == 0 && options[i].kind == OR_ZERO))
		return -EINVAL;
	if (options[i].kind == TRUTH)
		v = !!v;
	else if (options[i].kind == CLASS)
		v = v == -1 && options[i].level == IPPROTO_IPV6 ? 0 : v & 0xfc;
	*slot = v;
	return 0;
}

/* Options of IP level may be given as one byte (ip(7)). */
static int value_of(int level, const void *val, socklen_t len, int *v)
{
	if (!val && len)
		return -EFAULT;
	if (len >= sizeof(*v)) {
		__builtin_memcpy(v, val, sizeof(*v));
		return 0;
	}
	if (level != IPPROTO_IP || len < 1)
		return -EINVAL;
	*v = *(const unsigned char *)val;
	return 0;
}

/**
 * emulate_opts_set() - setsockopt(2) of a remembered option
 *
 * Return: 0; -ENOPROTOOPT, -EINVAL, -EFAULT; EMULATE_REAL for other levels
 */
int emulate_opts_set(struct conn *c, int level, int name, const void *val,
		     socklen_t len)
{
	int i = find(c->family, level, name);
	int v, r;

	if (i < 0)
		return is_ours(level) ? -ENOPROTOOPT : EMULATE_REAL;
	r = value_of(level, val, len, &v);
	if (r < 0)
		return r;
	return keep(&c->option[i], i, v);
}

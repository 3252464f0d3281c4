// SPDX-License-Identifier: GPL-3.0-or-later
/* connect: see connect.h
 *
 *	connect(2) --- a connection of ours already? --- by its state, fdtab.h
 *	           `-- a route for the address? --- dial --- install
 *
 * Whatever is not ours to answer goes to the kernel as it came: it knows the
 * errors for wrong sockets, families and lengths.
 */

#include <netinet/tcp.h>
#include <string.h>

#include "connect.h"
#include "connect_again.h"
#include "dest.h"
#include "dial.h"
#include "emulate.h"
#include "install.h"
#include "report.h"
#include "sys.h"

/* The program's socket, as connect(2) finds it */
struct given {
	int fd;
	ino_t ino;
	int family;
	bool nonblocking;
	const struct sockaddr *peer;
	socklen_t len;
	const struct conn *former; /* a dead connection of ours, or NULL */
};

/* SYN_SENT, ESTABLISHED, LISTEN: the kernel knows what to say to those.
 * Multipath TCP has no TCP_INFO of its own until it is connected. */
static bool is_unused_tcp(int fd)
{
	int protocol = sys_getsockopt_int(fd, SOL_SOCKET, SO_PROTOCOL);
	uint8_t state = TCP_CLOSE; /* struct tcp_info's first member */
	socklen_t len = sizeof(state);

	if (protocol != IPPROTO_TCP && protocol != IPPROTO_MPTCP)
		return false;
	sys_getsockopt(fd, IPPROTO_TCP, TCP_INFO, &state, &len);
	return state == TCP_CLOSE;
}

/* An AF_INET6 socket that takes no IPv4, asked for a v4-mapped address */
static bool refuses_mapped(const struct given *g)
{
	const struct sockaddr_in6 *in6 = (const void *)g->peer;

	return g->family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr) &&
	       sys_getsockopt_int(g->fd, IPPROTO_IPV6, IPV6_V6ONLY) == 1;
}

/* Is it a stream socket of the address's family, fit to be replaced?
 * Everything else is the kernel's to answer, errors included. */
static bool examine(struct given *g)
{
	struct stat st;

	if (sys_fstat(g->fd, &st) < 0 || !S_ISSOCK(st.st_mode))
		return false;
	g->ino = st.st_ino;
	g->nonblocking = sys_fcntl(g->fd, F_GETFL, 0) & O_NONBLOCK;
	if (g->former) {
		g->family = g->former->family;
		return g->peer->sa_family == g->family;
	}
	g->family = sys_getsockopt_int(g->fd, SOL_SOCKET, SO_DOMAIN);
	return g->family == g->peer->sa_family &&
	       sys_getsockopt_int(g->fd, SOL_SOCKET, SO_TYPE) == SOCK_STREAM &&
	       is_unused_tcp(g->fd) && !refuses_mapped(g);
}

static int log_and_translate(const struct given *g, const struct rule *rule,
			     int cause)
{
	report_failure(g->peer, g->len, rule, cause);
	return -dial_error(cause);
}

static struct conn *new_conn(const struct given *g, const struct rule *rule,
			     ino_t ino)
{
	struct lock_guard lock;
	struct conn *c;

	lock_enter(&lock);
	c = fdtab_conn_new();
	lock_leave(&lock);
	if (!c)
		return NULL;
	c->ino = ino;
	c->family = g->family;
	c->rule = rule;
	if (g->former)
		memcpy(c->option, g->former->option, sizeof(c->option));
	else
		emulate_opts_read(c, g->fd);
	emulate_names(c, g->fd, g->peer, g->len);
	return c;
}

/* Make @d the program's socket.  Return: 0 or a negative errno for it */
static int install_dialled(const struct given *g, const struct rule *rule,
			   struct dial *d, enum conn_state state)
{
	struct conn *c = NULL;
	struct stat st;
	int r;

	sys_fstat(d->fd, &st);
	if (lifecycle_own()) {
		c = new_conn(g, rule, st.st_ino);
		if (!c) {
			sys_close(d->fd);
			return log_and_translate(g, rule, ENOMEM);
		}
		c->state = state;
	}
	r = install(g->fd, g->ino, d->fd, c);
	if (r == 0)
		return 0;
	return r == -EBADF ? r : log_and_translate(g, rule, -r);
}

static int dial_blocking(const struct given *g, const struct rule *rule,
			 struct dial *d)
{
	int r = d->connecting ? dial_wait(d, connect_send_timeout(g->fd)) : 0;
	int installed;

	if (r < 0 && d->fd < 0)
		return log_and_translate(g, rule, d->cause);
	/* EINTR and EINPROGRESS: as on TCP, the connection goes on */
	installed = install_dialled(g, rule, d,
				    r < 0 ? CONN_CONNECTING : CONN_KNOWN);
	return installed < 0 ? installed : r;
}

static int dial_nonblocking(const struct given *g, const struct rule *rule,
			    struct dial *d)
{
	int r = install_dialled(
		g, rule, d, d->connecting ? CONN_CONNECTING : CONN_ESTABLISHED);

	/* a unix target stands at once, but TCP never does */
	return r < 0 ? r : -EINPROGRESS;
}

static int connect_new(const struct given *g, const struct rule *rule)
{
	struct dial d;

	report_route(g->peer, g->len, rule);
	if (dial_open(&d, rule,
		      g->nonblocking ? 0 : connect_send_timeout(g->fd)) < 0)
		return log_and_translate(g, rule, d.cause);
	return g->nonblocking ? dial_nonblocking(g, rule, &d)
			      : dial_blocking(g, rule, &d);
}

static int by_verdict(const struct given *g)
{
	const struct rule *rule;
	enum verdict v = dest_of_addr(g->peer, g->len, &rule);
	int r;

	switch (v) {
	case DEST_ROUTE:
		return connect_new(g, rule);
	case DEST_KERNEL:
	case DEST_PASS:
		r = g->former ? connect_back_to_tcp(g->former, g->fd, g->ino)
			      : 0;
		return r < 0 ? r : CONNECT_REAL;
	case DEST_DENY:
	case DEST_LOST:
		break;
	}
	report_refusal(g->peer, g->len, rule);
	return v == DEST_DENY ? -EACCES : -ENETUNREACH;
}

static int dispatch(struct given *g, struct conn *former)
{
	int r = connect_by_table(g->fd, g->peer, former);

	if (r == -EALREADY && !(sys_fcntl(g->fd, F_GETFL, 0) & O_NONBLOCK))
		r = connect_wait(g->fd, g->peer, former);
	if (r != CONNECT_REAL)
		return r;
	if (former->ino)
		g->former = former;
	if (g->peer->sa_family == AF_UNSPEC)
		return g->former
			       ? connect_back_to_tcp(former, g->fd, former->ino)
			       : CONNECT_REAL;
	if (!examine(g))
		return CONNECT_REAL;
	r = by_verdict(g);
	if (r != -EBADF)
		return r;
	/* closed meanwhile, or another thread has connected it: then it is to
	 * be told what is so now */
	r = connect_by_table(g->fd, g->peer, former);
	return r == CONNECT_REAL ? -EBADF : r;
}

/**
 * connect_routed() - connect(2), if the destination or the descriptor is ours
 * @fd, @sa, @len:	as connect(2) has them
 *
 * Async-signal-safe once the constructor has run; leaves errno alone.
 *
 * Return: 0 or a negative errno, as TCP would; or CONNECT_REAL
 */
int connect_routed(int fd, const struct sockaddr *sa, socklen_t len)
{
	struct given g = { .fd = fd, .peer = sa, .len = len };
	struct conn former;
	int r, err = errno;

	/* net/socket.c, move_addr_to_kernel(): the kernel's to refuse */
	if ((intptr_t)sa < 4096 || len < sizeof(sa->sa_family) ||
	    len > sizeof(struct sockaddr_storage))
		return CONNECT_REAL;
	lifecycle_init();
	r = dispatch(&g, &former);
	errno = err;
	return r;
}

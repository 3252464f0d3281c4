// SPDX-License-Identifier: GPL-3.0-or-later
/* emulate: see emulate.h; socket options are in emulate_opts.c */

#include <linux/sockios.h>
#include <string.h>
#include <sys/ioctl.h>

#include "addr.h"
#include "dial.h"
#include "emulate.h"
#include "report.h"
#include "sys.h"

/**
 * emulate_leave() - Release the lock, and log what was found under it
 * @c:	connection from fdtab_enter() or fdtab_find()
 * @g:	the lock
 *
 * A line is written when the lock is no longer held: write(2) can block.
 */
void emulate_leave(struct conn *c, struct lock_guard *g)
{
	struct conn copy = { 0 };

	if (c->cause)
		copy = *c;
	c->cause = 0;
	lock_leave(g);
	if (copy.cause)
		report_failure(&copy.peer.sa, copy.namelen, copy.rule,
			       copy.cause);
}

/* The socket's error, which the kernel then forgets */
static int take_error(int fd)
{
	int err = sys_getsockopt_int(fd, SOL_SOCKET, SO_ERROR);

	return err < 0 ? 0 : err;
}

/**
 * emulate_refresh() - Find out whether a connection in progress has ended
 * @c:		connection
 * @fd:		one of its descriptors
 *
 * Nobody is told when a non-blocking connect ends, we have no thread: so every
 * call that must know looks.
 */
void emulate_refresh(struct conn *c, int fd)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	int err;

	if (c->state != CONN_CONNECTING)
		return;
	/* poll(2) cannot tell a connection with a full buffer from none */
	if (sys_call(SYS_getpeername, fd, SYS_P(&ss), SYS_P(&len), 0, 0, 0) ==
	    0) {
		c->state = CONN_ESTABLISHED;
		return;
	}
	if (sys_poll_now(fd, POLLOUT) <= 0)
		return;
	err = take_error(fd);
	if (!err) { /* connected, and shut down since */
		c->state = CONN_ESTABLISHED;
		return;
	}
	c->state = CONN_FAILED;
	c->error = dial_error(err);
	c->cause = err;
}

/* Loopback, in the peer's form: an address that the program could have */
static void local_default(struct conn *c)
{
	/* 32768 to 60999, ip_local_port_range's default; an inode lives as
	 * long as its socket, so this is stable and rarely shared */
	const uint16_t port = htons((uint16_t)(32768 + c->ino % 28232));

	memset(&c->local, 0, sizeof(c->local));
	c->local.sa.sa_family = (sa_family_t)c->family;
	if (c->family == AF_INET) {
		c->local.in.sin_port = port;
		c->local.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		return;
	}
	c->local.in6.sin6_port = port;
	if (IN6_IS_ADDR_V4MAPPED(&c->peer.in6.sin6_addr)) {
		memset(&c->local.in6.sin6_addr.s6_addr[10], 0xff, 2);
		c->local.in6.sin6_addr.s6_addr[12] = 127;
	}
	c->local.in6.sin6_addr.s6_addr[15] = 1;
}

/* Where the program has bound its socket: the address, the port, or both */
static void set_bound(struct conn *c, const struct sockaddr_in6 *bound)
{
	const struct sockaddr_in *in = (const void *)bound;
	const in_port_t port =
		in->sin_port ? in->sin_port : c->local.in.sin_port;
	struct addr a;
	uint16_t unused;

	if (addr_from_sockaddr((const void *)bound, sizeof(*bound), &a,
			       &unused) &&
	    !addr_is_unspecified(&a))
		memcpy(&c->local, bound, c->namelen);
	c->local.in.sin_port = port; /* at the same place in both families */
}

/**
 * emulate_names() - Set what getpeername and getsockname will say
 * @c:		connection, family and ino set; need not be in the table
 * @old_fd:	the program's TCP socket, which may be bound
 * @peer, @len:	the address it connects to, of the socket's family
 */
void emulate_names(struct conn *c, int old_fd, const struct sockaddr *peer,
		   socklen_t len)
{
	struct sockaddr_in6 bound = { 0 };
	socklen_t boundlen = sizeof(bound);

	c->namelen =
		c->family == AF_INET ? sizeof(c->peer.in) : sizeof(c->peer.in6);
	memset(&c->peer, 0, sizeof(c->peer));
	/* before RFC 2553 a sockaddr_in6 had no sin6_scope_id: 24 bytes */
	memcpy(&c->peer, peer, len < c->namelen ? len : c->namelen);
	if (c->family == AF_INET)
		memset(c->peer.in.sin_zero, 0, sizeof(c->peer.in.sin_zero));
	local_default(c);
	if (sys_getsockname(old_fd, &bound, &boundlen) == 0 &&
	    bound.sin6_family == c->family)
		set_bound(c, &bound);
}

static void tcp_info(const struct conn *c, struct emulate_answer *a)
{
	memset(&a->value, 0, sizeof(a->value));
	a->value.info.tcpi_state =
		c->state == CONN_CONNECTING ? TCP_SYN_SENT
		: c->state == CONN_FAILED || c->state == CONN_IDLE
			? TCP_CLOSE
			: TCP_ESTABLISHED;
	a->len = sizeof(a->value.info);
}

static int so_error(struct conn *c, int fd)
{
	int err;

	emulate_refresh(c, fd);
	if (c->state != CONN_FAILED)
		return take_error(fd);
	err = c->error;
	c->error = 0;
	return err;
}

/**
 * emulate_getsockopt() - getsockopt(2)
 *
 * Return: 0 with @a filled in, EMULATE_REAL, or a negative errno
 */
int emulate_getsockopt(struct conn *c, int fd, int level, int name,
		       struct emulate_answer *a)
{
	a->len = sizeof(int);
	a->byte = false;
	if (level == IPPROTO_TCP && name == TCP_INFO) {
		emulate_refresh(c, fd);
		tcp_info(c, a);
		return 0;
	}
	if (level == SOL_SOCKET) {
		switch (name) {
		case SO_DOMAIN:
			a->value.number = c->family;
			return 0;
		case SO_PROTOCOL:
			a->value.number = IPPROTO_TCP;
			return 0;
		case SO_ERROR:
			a->value.number = so_error(c, fd);
			return 0;
		}
	}
	return emulate_opts_get(c, level, name, a);
}

#define PEEK_PIECE  1024
#define PEEK_PIECES 256

/* How much can be read: up to 256 KiB, all that vsock buffers by default.
 * Every piece goes to the same memory: only the count matters. */
static ssize_t peek_length(int fd)
{
	char waste[PEEK_PIECE];
	struct iovec iov[PEEK_PIECES];
	struct msghdr m = { .msg_iov = iov, .msg_iovlen = PEEK_PIECES };

	for (int i = 0; i < PEEK_PIECES; i++)
		/* cppcheck-suppress legacyUninitvar; recvmsg(2) fills it */
		iov[i] = (struct iovec){ waste, sizeof(waste) };
	return sys_recvmsg(fd, &m, MSG_PEEK | MSG_DONTWAIT);
}

/**
 * emulate_ioctl() - The requests that AF_VSOCK lacks: FIONREAD and SIOCOUTQ
 * before Linux 6.17, SIOCATMARK
 * @fd:		a connection of ours, which has failed @request
 * @value:	set to the answer
 *
 * Needs no lock.  SIOCOUTQ: the bytes that the peer has not acknowledged are
 * not known; 0, as if it had them all.
 *
 * Return: 0, or EMULATE_REAL: the kernel's error stands
 */
int emulate_ioctl(int fd, unsigned long request, int *value)
{
	ssize_t n;

	switch (request) {
	case FIONREAD:
		n = peek_length(fd);
		*value = n < 0 ? 0 : (int)n;
		return 0;
	case SIOCOUTQ:
	case SIOCATMARK:
		*value = 0;
		return 0;
	}
	return EMULATE_REAL;
}

/**
 * emulate_copy_name() - A socket address into the program's buffer
 * @name:	address
 * @truelen:	its length, which is told even where it does not fit
 * @sa, @len:	as getpeername(2) has them
 *
 * Touches the program's memory: needs no lock, and must not be called with it.
 *
 * Return: 0, -EFAULT or -EINVAL
 */
int emulate_copy_name(const void *name, socklen_t truelen, struct sockaddr *sa,
		      socklen_t *len)
{
	if (!len || (!sa && *len))
		return -EFAULT;
	if ((int)*len < 0)
		return -EINVAL;
	if (sa)
		memcpy(sa, name, *len < truelen ? *len : truelen);
	*len = truelen;
	return 0;
}

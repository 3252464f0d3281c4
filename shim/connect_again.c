// SPDX-License-Identifier: GPL-3.0-or-later
/* connect_again: connect(2) on a connection of ours
 *
 * What a second and a third call say is net/ipv4/af_inet.c's,
 * __inet_stream_connect(); the states are in fdtab.h.
 */

#include <errno.h>
#include <sys/time.h>

#include "connect.h"
#include "connect_again.h"
#include "dial.h"
#include "emulate.h"
#include "install.h"
#include "sys.h"

/**
 * connect_send_timeout() - SO_SNDTIMEO in milliseconds for poll(2), or -1
 */
int connect_send_timeout(int fd)
{
	struct timeval tv = { 0 };
	socklen_t len = sizeof(tv);
	int64_t ms;

	if (sys_getsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, &len) < 0)
		return -1;
	ms = (int64_t)tv.tv_sec * 1000 + (tv.tv_usec + 999) / 1000;
	return ms == 0 || ms > INT32_MAX ? -1 : (int)ms;
}

/**
 * connect_back_to_tcp() - A descriptor becomes a fresh TCP socket
 * @c:		copy of the connection that it is
 * @fd, @ino:	the descriptor, and its inode
 *
 * After connect(AF_UNSPEC), or for an address that is not routed after one
 * that was.
 *
 * Return: 0 or a negative errno of connect(2)'s
 */
int connect_back_to_tcp(const struct conn *c, int fd, ino_t ino)
{
	int side = sys_socket(c->family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (side < 0)
		return -dial_error(-side);
	emulate_opts_write(c, side);
	return install(fd, ino, side, NULL);
}

/* What connect(2) says of a connection of ours, or CONNECT_REAL: dial anew */
static int by_state(struct conn *c, int fd)
{
	int err;

	emulate_refresh(c, fd);
	switch (c->state) {
	case CONN_CONNECTING:
		return -EALREADY;
	case CONN_ESTABLISHED:
		c->state = CONN_KNOWN;
		return 0;
	case CONN_KNOWN:
		return -EISCONN;
	case CONN_FAILED:
		err = c->error ? c->error : ECONNABORTED;
		c->error = 0;
		c->state = CONN_IDLE;
		return -err;
	case CONN_IDLE:
		break;
	}
	return CONNECT_REAL;
}

/**
 * connect_by_table() - connect(2) on a descriptor that may be ours already
 * @fd, @sa:	as connect(2) has them
 * @former:	set to a copy of the connection; its ino to 0 where @fd is none
 *
 * connect(AF_UNSPEC) ends whatever there is, so that is for the caller.
 *
 * Return: what connect(2) says; or CONNECT_REAL: there is nothing to say yet
 */
int connect_by_table(int fd, const struct sockaddr *sa, struct conn *former)
{
	struct lock_guard lock;
	struct conn *c = fdtab_enter(fd, &lock);
	int r = CONNECT_REAL;

	if (!c) {
		former->ino = 0;
		return CONNECT_REAL;
	}
	if (sa->sa_family != AF_UNSPEC)
		r = by_state(c, fd);
	*former = *c;
	emulate_leave(c, &lock);
	return r;
}

/**
 * connect_wait() - A blocking connect(2) while an interrupted one goes on
 *
 * Return: as connect_by_table(); or -EINTR, or -EALREADY after SO_SNDTIMEO
 */
int connect_wait(int fd, const struct sockaddr *sa, struct conn *former)
{
	int r = dial_poll(fd, connect_send_timeout(fd));

	if (r == -EINPROGRESS)
		return -EALREADY;
	return r < 0 ? r : connect_by_table(fd, sa, former);
}

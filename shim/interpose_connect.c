// SPDX-License-Identifier: GPL-3.0-or-later
/* interpose_connect: connect(2), and the sends that connect or name an address
 *
 * A send is looked at only where it carries an address: TCP ignores one on a
 * connected socket, where AF_VSOCK says EISCONN; and with MSG_FASTOPEN it is a
 * connect(2) in disguise (tcp(7)).
 */

#include "connect.h"
#include "dest.h"
#include "fdtab.h"
#include "interpose.h"
#include "real.h"

SLOW static int connect_slow(int fd, const struct sockaddr *sa, socklen_t len)
{
	int r = connect_routed(fd, sa, len);

	if (r == CONNECT_REAL)
		return real.connect(fd, sa, len);
	return (int)hook_return(r);
}

int shim_connect(int fd, const struct sockaddr *sa, socklen_t len)
{
	if (fdtab_maybe(fd) || dest_maybe(sa, len))
		return connect_slow(fd, sa, len);
	return real.connect(fd, sa, len);
}

/* Is a send to an address one that the kernel must not see as it is?
 * Return: CONNECT_REAL: send it as it is; 0: without address and
 * MSG_FASTOPEN; or a negative errno */
static int before_send(int fd, const struct sockaddr *sa, socklen_t len,
		       int flags)
{
	if (!(flags & MSG_FASTOPEN))
		return fdtab_has(fd) ? 0 : CONNECT_REAL;
	return connect_routed(fd, sa, len);
}

static bool send_is_plain(int fd, const struct sockaddr *sa, socklen_t len)
{
	return !sa || (!fdtab_maybe(fd) && !dest_maybe(sa, len));
}

ssize_t shim_sendto(int fd, const void *buf, size_t len, int flags,
		    const struct sockaddr *sa, socklen_t salen)
{
	int r;

	if (send_is_plain(fd, sa, salen))
		return real.sendto(fd, buf, len, flags, sa, salen);
	r = before_send(fd, sa, salen, flags);
	if (r == CONNECT_REAL)
		return real.sendto(fd, buf, len, flags, sa, salen);
	if (r < 0)
		return hook_return(r);
	return real.sendto(fd, buf, len, flags & ~MSG_FASTOPEN, NULL, 0);
}

ssize_t shim_sendmsg(int fd, const struct msghdr *m, int flags)
{
	struct msghdr copy;
	int r;

	if ((intptr_t)m < 4096 || /* EFAULT */
	    send_is_plain(fd, m->msg_name, m->msg_namelen))
		return real.sendmsg(fd, m, flags);
	r = before_send(fd, m->msg_name, m->msg_namelen, flags);
	if (r == CONNECT_REAL)
		return real.sendmsg(fd, m, flags);
	if (r < 0)
		return hook_return(r);
	copy = *m;
	copy.msg_name = NULL;
	copy.msg_namelen = 0;
	return real.sendmsg(fd, &copy, flags & ~MSG_FASTOPEN);
}

/* One by one where an address is in the way: what has been sent counts, and
 * an error is told only if nothing was (sendmmsg(2)). */
static int send_each(int fd, struct mmsghdr *m, unsigned n, int flags)
{
	const int err = errno;

	for (unsigned i = 0; i < n; i++) {
		ssize_t sent = shim_sendmsg(fd, &m[i].msg_hdr, flags);

		if (sent < 0) {
			if (i == 0)
				return -1;
			errno = err;
			return (int)i;
		}
		m[i].msg_len = (unsigned)sent;
		flags &= ~MSG_FASTOPEN;
	}
	return (int)n;
}

int shim_sendmmsg(int fd, struct mmsghdr *m, unsigned n, int flags)
{
	if ((intptr_t)m < 4096 || !n) /* EFAULT */
		return real.sendmmsg(fd, m, n, flags);
	/* on a connection of ours any of them may carry an address */
	if (fdtab_maybe(fd) ||
	    (flags & MSG_FASTOPEN &&
	     !send_is_plain(fd, m->msg_hdr.msg_name, m->msg_hdr.msg_namelen)))
		return send_each(fd, m, n, flags);
	return real.sendmmsg(fd, m, n, flags);
}

HOOK(int, connect, int fd, const struct sockaddr *sa, socklen_t len)
{
	return shim_connect(fd, sa, len);
}

HOOK(int, __connect, int fd, const struct sockaddr *sa, socklen_t len)
{
	return shim_connect(fd, sa, len);
}

HOOK(ssize_t, sendto, int fd, const void *buf, size_t len, int flags,
     const struct sockaddr *sa, socklen_t salen)
{
	return shim_sendto(fd, buf, len, flags, sa, salen);
}

HOOK(ssize_t, sendmsg, int fd, const struct msghdr *m, int flags)
{
	return shim_sendmsg(fd, m, flags);
}

HOOK(int, sendmmsg, int fd, struct mmsghdr *m, unsigned n, int flags)
{
	return shim_sendmmsg(fd, m, n, flags);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * vhost-user messages on their unix socket.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "vhost_user_msg.h"

_Static_assert(sizeof(struct vhost_head) == 12, "as on the wire");

/* Takes the descriptors that came with a message's head. */
static int take_fds(struct vhost_msg *m, struct msghdr *h)
{
	struct cmsghdr *c;

	for (c = CMSG_FIRSTHDR(h); c; c = CMSG_NXTHDR(h, c)) {
		size_t len = c->cmsg_len - CMSG_LEN(0);

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		/* The kernel puts all of them into one such block. */
		memcpy(m->fds, CMSG_DATA(c), len);
		m->nfds = (int)(len / sizeof(int));
	}
	return h->msg_flags & MSG_CTRUNC ? -EPROTO : 0;
}

/**
 * vhost_msg_receive() - Read one message
 * @m:		the message, overwritten; to be released
 * @fd:		the socket, with a receive timeout, as this waits for the rest
 *		of a message that has begun
 *
 * Return: 1; 0 if the peer is gone; a negative errno, and then there is
 * nothing to release
 */
int vhost_msg_receive(struct vhost_msg *m, int fd)
{
	union {
		char buf[CMSG_SPACE(sizeof(m->fds))];
		struct cmsghdr align;
	} control;
	struct iovec iov = { &m->head, sizeof(m->head) };
	struct msghdr h = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.buf,
		.msg_controllen = sizeof(control.buf),
	};
	ssize_t n;
	int err;

	memset(m, 0, sizeof(*m));
	m->socket = fd;
	n = recvmsg(fd, &h, MSG_CMSG_CLOEXEC | MSG_WAITALL);
	if (n <= 0)
		return n < 0 && errno != ECONNRESET ? -errno : 0;
	err = take_fds(m, &h);
	if (!err &&
	    (n != sizeof(m->head) || m->head.size > sizeof(m->payload) ||
	     (m->head.flags & VHOST_USER_VERSION_MASK) != VHOST_USER_VERSION))
		err = -EPROTO;
	if (!err && m->head.size) {
		n = recv(fd, &m->payload, m->head.size, MSG_WAITALL);
		if (n != (ssize_t)m->head.size)
			err = -EPROTO;
	}
	if (err) {
		vhost_msg_release(m);
		return err;
	}
	return 1;
}

/**
 * vhost_msg_reply() - Answer a message with its own payload, changed
 * @m:		the message
 * @size:	bytes of the payload
 *
 * Return: 0 or a negative errno
 */
int vhost_msg_reply(struct vhost_msg *m, uint32_t size)
{
	struct vhost_head head = {
		.request = m->head.request,
		.flags = VHOST_USER_VERSION | VHOST_USER_REPLY,
		.size = size,
	};
	struct iovec iov[] = {
		{ &head, sizeof(head) },
		{ &m->payload, size },
	};
	struct msghdr h = { .msg_iov = iov, .msg_iovlen = 2 };
	ssize_t n;

	/* Shorter than a socket's buffer: all of it goes, or it is stuck. */
	n = sendmsg(m->socket, &h, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n != (ssize_t)(sizeof(head) + size))
		return n < 0 ? -errno : -EPROTO;
	m->replied = true;
	return 0;
}

/**
 * vhost_msg_take_fd() - Take over a message's only descriptor
 * @m:		the message, with @nfds being 1
 *
 * Return: the descriptor, the caller's from now on
 */
int vhost_msg_take_fd(struct vhost_msg *m)
{
	m->nfds = 0;
	return m->fds[0];
}

/**
 * vhost_msg_release() - Close the descriptors that nobody took
 * @m:		the message
 */
void vhost_msg_release(struct vhost_msg *m)
{
	while (m->nfds > 0)
		close(m->fds[--m->nfds]);
}

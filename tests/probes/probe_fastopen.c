// SPDX-License-Identifier: GPL-3.0-or-later
/* sendto(2), sendmsg(2), sendmmsg(2) that connect (MSG_FASTOPEN), or carry an
 * address although connected */
#include <sys/uio.h>

#include "probe.h"

static const char text[] = "fast";

static void back(int fd)
{
	char buf[sizeof(text)] = "";

	NEED(wait_for(fd, POLLIN, 5000) & POLLIN);
	CHECK_INT(OK(recv(fd, buf, sizeof(buf), MSG_WAITALL)), sizeof(text));
	CHECK(!memcmp(buf, text, sizeof(text)));
	echo(fd);
	OK(close(fd));
}

static struct mmsghdr message(struct peer *p, struct iovec *iov)
{
	*iov = (struct iovec){ (char *)text, sizeof(text) };
	return (struct mmsghdr){ .msg_hdr = { .msg_name = p ? &p->sa : NULL,
					      .msg_namelen = p ? p->len : 0,
					      .msg_iov = iov,
					      .msg_iovlen = 1 } };
}

static void fast_sendto(void)
{
	struct peer p = peer(AF_INET, PORT_ECHO);
	int fd = sock(AF_INET, 0);

	CHECK_INT(
		OK(sendto(fd, text, sizeof(text), MSG_FASTOPEN, &p.sa, p.len)),
		sizeof(text));
	back(fd);
	p = peer(AF_INET6, PORT_ECHO);
	fd = sock(AF_INET6, 0);
	CHECK_INT(
		OK(sendto(fd, text, sizeof(text), MSG_FASTOPEN, &p.sa, p.len)),
		sizeof(text));
	back(fd);
}

static void fast_sendmsg(void)
{
	struct peer p = peer(AF_INET, PORT_ECHO);
	int fd = sock(AF_INET, 0);
	struct iovec iov;
	struct mmsghdr m = message(&p, &iov);

	CHECK_INT(OK(sendmsg(fd, &m.msg_hdr, MSG_FASTOPEN)), sizeof(text));
	back(fd);
}

static void fast_sendmmsg(void)
{
	struct peer p = peer(AF_INET, PORT_ECHO);
	int fd = sock(AF_INET, 0);
	struct iovec iov;
	struct mmsghdr m = message(&p, &iov);

	CHECK_INT(OK(sendmmsg(fd, &m, 1, MSG_FASTOPEN)), 1);
	CHECK_INT(m.msg_len, sizeof(text));
	back(fd);
}

/* No cookie for this peer: the data is not taken, EINPROGRESS. */
static void fast_nonblocking(void)
{
	struct peer p = peer(AF_INET, PORT_ECHO);
	int fd = sock(AF_INET, SOCK_NONBLOCK);

	FAILS(sendto(fd, text, sizeof(text), MSG_FASTOPEN, &p.sa, p.len),
	      EINPROGRESS);
	NEED(wait_for(fd, POLLOUT, 5000) & POLLOUT);
	CHECK_INT(so_error(fd), 0);
	echo(fd);
	OK(close(fd));
}

static void fast_refused(void)
{
	struct peer p = peer(AF_INET, PORT_REFUSED);
	int fd = sock(AF_INET, 0);

	FAILS(sendto(fd, text, sizeof(text), MSG_FASTOPEN | MSG_NOSIGNAL, &p.sa,
		     p.len),
	      ECONNREFUSED);
	OK(close(fd));
}

/* connect() first: MSG_FASTOPEN has nothing left to open. */
static void fast_connected(void)
{
	struct peer p = peer(AF_INET, PORT_ECHO);
	int fd = dial(PORT_ECHO);

	FAILS(sendto(fd, text, sizeof(text), MSG_FASTOPEN, &p.sa, p.len),
	      EISCONN);
	echo(fd);
	OK(close(fd));
}

/* TCP ignores an address on a connected socket, whatever it is. */
static void addressed(void)
{
	struct peer p = peer(AF_INET, PORT_ECHO);
	struct peer q = peer(AF_INET, PORT_REFUSED);
	struct iovec iov;
	struct mmsghdr m = message(&q, &iov), mm[2];
	char buf[4 * sizeof(text)];
	int fd = dial(PORT_ECHO);

	CHECK_INT(OK(sendto(fd, text, sizeof(text), 0, &p.sa, p.len)),
		  sizeof(text));
	CHECK_INT(OK(sendmsg(fd, &m.msg_hdr, 0)), sizeof(text));
	mm[0] = m;
	mm[1] = m;
	CHECK_INT(OK(sendmmsg(fd, mm, 2, 0)), 2);
	CHECK_INT(mm[0].msg_len, sizeof(text));
	CHECK_INT(mm[1].msg_len, sizeof(text));
	CHECK_INT(OK(recv(fd, buf, sizeof(buf), MSG_WAITALL)), sizeof(buf));
	CHECK(m.msg_hdr.msg_name == &q.sa && m.msg_hdr.msg_namelen == q.len,
	      "the message header was changed");
	echo(fd);
	OK(close(fd));
}

static void plain(void)
{
	struct iovec iov;
	struct mmsghdr m = message(NULL, &iov);
	char buf[2 * sizeof(text)];
	int fd = dial(PORT_ECHO);

	CHECK_INT(OK(sendmsg(fd, &m.msg_hdr, 0)), sizeof(text));
	CHECK_INT(OK(sendmmsg(fd, &m, 1, 0)), 1);
	CHECK_INT(OK(recv(fd, buf, sizeof(buf), MSG_WAITALL)), sizeof(buf));
	OK(close(fd));
}

/* recvfrom() of a stream tells no address. */
static void received(void)
{
	struct sockaddr_storage ss = { 0 };
	socklen_t len = sizeof(ss);
	int fd = dial(PORT_HELLO);
	char buf[16];

	CHECK_INT(OK(recvfrom(fd, buf, 6, MSG_WAITALL, (struct sockaddr *)&ss,
			      &len)),
		  6);
	if (!probe_differs_here(DIFFER_RECV_NAME))
		CHECK_INT(len, 0);
	OK(close(fd));
}

static void unconnected(void)
{
	struct peer p = peer(AF_INET, PORT_ECHO);
	int fd = sock(AF_INET, 0);

	FAILS(sendto(fd, text, sizeof(text), MSG_NOSIGNAL, &p.sa, p.len),
	      EPIPE);
	FAILS(send(fd, text, sizeof(text), MSG_NOSIGNAL), EPIPE);
	OK(close(fd));
}

PROBE_MAIN({ "sendto with MSG_FASTOPEN", fast_sendto },
	   { "sendmsg with MSG_FASTOPEN", fast_sendmsg },
	   { "sendmmsg with MSG_FASTOPEN", fast_sendmmsg },
	   { "MSG_FASTOPEN, non-blocking: EINPROGRESS", fast_nonblocking },
	   { "MSG_FASTOPEN, refused", fast_refused },
	   { "MSG_FASTOPEN on a connected socket: EISCONN", fast_connected },
	   { "an address on a connected socket is ignored", addressed },
	   { "sendmsg and sendmmsg without an address", plain },
	   { "recvfrom tells no address", received },
	   { "sendto on an unconnected socket: EPIPE", unconnected })

// SPDX-License-Identifier: GPL-3.0-or-later
/* A connection handed to another process over a unix socket (SCM_RIGHTS) */
#include <sys/uio.h>
#include <sys/wait.h>

#include "probe.h"

static int pair[2];

static void give(int over, int fd)
{
	char c = 'f';
	struct iovec iov = { &c, 1 };
	union {
		char buf[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} u = { { 0 } };
	struct msghdr m = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = u.buf,
			    .msg_controllen = sizeof(u.buf) };
	struct cmsghdr *cm = CMSG_FIRSTHDR(&m);

	cm->cmsg_level = SOL_SOCKET;
	cm->cmsg_type = SCM_RIGHTS;
	cm->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cm), &fd, sizeof(fd));
	CHECK_INT(OK(sendmsg(over, &m, 0)), 1);
}

static int take(int from)
{
	char c;
	struct iovec iov = { &c, 1 };
	union {
		char buf[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} u;
	struct msghdr m = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = u.buf,
			    .msg_controllen = sizeof(u.buf) };
	int fd = -1;

	CHECK_INT(OK(recvmsg(from, &m, MSG_CMSG_CLOEXEC)), 1);
	NEED(CMSG_FIRSTHDR(&m));
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(fd));
	return fd;
}

/* A child that was there before the connection: it knows nothing of it. */
static void receiver(void)
{
	int fd;

	OK(close(pair[1]));
	fd = take(pair[0]);
	echo(fd);
	OK(shutdown(fd, SHUT_WR));
	OK(close(fd));
	CHECK_INT(OK(write(pair[0], "k", 1)), 1);
}

static void to_child(void)
{
	pid_t pid;
	char c;
	int fd;

	NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	pid = fork();
	NEED(pid >= 0);
	if (!pid) {
		alarm(20);
		receiver();
		_exit(probe_failed());
	}
	OK(close(pair[0]));
	fd = dial(PORT_ECHO);
	give(pair[1], fd);
	OK(close(fd));
	CHECK_INT(OK(read(pair[1], &c, 1)), 1);
	probe_reap(pid, 5000);
	OK(close(pair[1]));
}

/* The receiver gets it under a number that was another connection's. */
static void to_self(void)
{
	int fd = dial(PORT_ECHO), old = dial(PORT_HELLO), got;

	NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	give(pair[0], fd);
	OK(close(old));
	got = take(pair[1]);
	CHECK_INT(got, old);
	echo(got);
	echo(fd);
	OK(close(fd));
	echo(got);
	OK(close(got));
	OK(close(pair[0]));
	OK(close(pair[1]));
}

/* Sent before it is connected: both ends hold the same socket. */
static void to_self_unconnected(void)
{
	struct peer p = peer(AF_INET, PORT_ECHO);
	int fd = sock(AF_INET, 0), got;

	NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	give(pair[0], fd);
	OK(close(fd));
	got = take(pair[1]);
	OK(connect(got, &p.sa, p.len));
	echo(got);
	OK(close(got));
	OK(close(pair[0]));
	OK(close(pair[1]));
}

PROBE_MAIN({ "to a process that does I/O on it", to_child },
	   { "to ourselves, under a used number", to_self },
	   { "unconnected, to ourselves", to_self_unconnected })

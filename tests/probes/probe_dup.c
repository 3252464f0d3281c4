// SPDX-License-Identifier: GPL-3.0-or-later
/* Duplicates: one connection under several numbers */
#include <dlfcn.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/syscall.h>

#include "probe.h"

/* Everything the shim answers, asked under the number @fd. */
static void ours(int fd)
{
	struct peer p = peer(AF_INET, PORT_ECHO);
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	int v = -1;

	OK(getpeername(fd, (struct sockaddr *)&ss, &len));
	CHECK(!memcmp(&ss, &p.ss, p.len), "fd %d: peer is %s", fd,
	      peer_text((struct sockaddr *)&ss));
	len = sizeof(v);
	OK(getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &v, &len));
	CHECK_INT(v, AF_INET);
	OK(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &v, &len));
	FAILS(connect(fd, &p.sa, p.len), EISCONN);
	echo(fd);
}

static void after_of(int (*copy)(int))
{
	int fd = dial(PORT_ECHO), twin = (int)OK(copy(fd)), on = 1, v = 0;
	socklen_t len = sizeof(v);

	ours(fd);
	ours(twin);
	OK(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)));
	OK(getsockopt(twin, IPPROTO_TCP, TCP_NODELAY, &v, &len));
	CHECK_INT(v, 1);
	OK(close(fd));
	ours(twin);
	OK(close(twin));
	FAILS(fcntl(twin, F_GETFD), EBADF);
}

static int by_dup(int fd)
{
	return dup(fd);
}

static int by_dup2(int fd)
{
	return dup2(fd, 200);
}

static int by_dup3(int fd)
{
	return dup3(fd, 201, O_CLOEXEC);
}

static int by_fcntl(int fd)
{
	return fcntl(fd, F_DUPFD, 300);
}

static int by_fcntl_cloexec(int fd)
{
	return fcntl(fd, F_DUPFD_CLOEXEC, 301);
}

static int by_syscall(int fd)
{
	return (int)syscall(SYS_dup, fd);
}

static int by_syscall_dup3(int fd)
{
	return (int)syscall(SYS_dup3, fd, 202, O_CLOEXEC);
}

static int by_syscall_fcntl(int fd)
{
	return (int)syscall(SYS_fcntl, fd, F_DUPFD, 302);
}

static int by_alias(int fd)
{
	int (*f)(int, int) = (int (*)(int, int))dlsym(RTLD_DEFAULT, "__dup2");

	return f ? f(fd, 203) : dup2(fd, 203);
}

static int by_fcntl_alias(int fd)
{
	int (*f)(int, int, ...) =
		(int (*)(int, int, ...))dlsym(RTLD_DEFAULT, "__fcntl");

	return f ? f(fd, F_DUPFD, 303) : fcntl(fd, F_DUPFD, 303);
}

static void after(void)
{
	after_of(by_dup);
	after_of(by_dup2);
	after_of(by_dup3);
	after_of(by_fcntl);
	after_of(by_fcntl_cloexec);
}

static void after_raw(void)
{
	after_of(by_syscall);
	after_of(by_syscall_dup3);
	after_of(by_syscall_fcntl);
	after_of(by_alias);
	after_of(by_fcntl_alias);
}

static void flags(void)
{
	int fd = dial(PORT_ECHO);

	CHECK_INT(OK(by_dup2(fd)), 200);
	CHECK_INT(OK(fcntl(200, F_GETFD)), 0);
	CHECK_INT(OK(by_dup3(fd)), 201);
	CHECK_INT(OK(fcntl(201, F_GETFD)), FD_CLOEXEC);
	CHECK_INT(OK(by_fcntl(fd)), 300);
	CHECK_INT(OK(fcntl(300, F_GETFD)), 0);
	CHECK_INT(OK(by_fcntl_cloexec(fd)), 301);
	CHECK_INT(OK(fcntl(301, F_GETFD)), FD_CLOEXEC);
	FAILS(dup3(fd, fd, 0), EINVAL);
	FAILS(dup3(fd, 201, O_APPEND), EINVAL);
	CHECK_INT(OK(dup2(fd, fd)), fd);
	FAILS(dup2(fd, -1), EBADF);
	FAILS(dup2(99999, fd), EBADF);
	ours(fd);
	OK(close(fd));
	ours(201);
	OK(close(200));
	OK(close(201));
	OK(close(300));
	OK(close(301));
}

/* A duplicate made before connect(): TCP connects both. */
static void before_of(int (*copy)(int))
{
	struct peer p = peer(AF_INET, PORT_ECHO);
	int fd = sock(AF_INET, 0), twin = (int)OK(copy(fd));

	OK(connect(fd, &p.sa, p.len));
	ours(fd);
	ours(twin);
	OK(close(fd));
	ours(twin);
	OK(close(twin));
}

static void before(void)
{
	before_of(by_dup);
	before_of(by_dup3);
	before_of(by_fcntl);
	before_of(by_syscall);
}

static void before_flags(void)
{
	struct peer p = peer(AF_INET, PORT_ECHO);
	int fd = sock(AF_INET, 0), twin = (int)OK(by_dup3(fd));

	OK(connect(twin, &p.sa, p.len));
	CHECK_INT(OK(fcntl(twin, F_GETFD)), FD_CLOEXEC);
	CHECK_INT(OK(fcntl(fd, F_GETFD)), 0);
	ours(fd);
	OK(close(fd));
	OK(close(twin));
}

/* Something else is put over the connection: it is that from then on. */
static void over(void)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	int fd = dial(PORT_ECHO), null = open("/dev/null", O_RDWR);

	NEED(null >= 0);
	CHECK_INT(OK(dup2(null, fd)), fd);
	FAILS(getpeername(fd, (struct sockaddr *)&ss, &len), ENOTSOCK);
	OK(close(fd));
	fd = dial(PORT_ECHO);
	CHECK_INT(OK(syscall(SYS_dup3, null, fd, 0)), fd);
	FAILS(getpeername(fd, (struct sockaddr *)&ss, &len), ENOTSOCK);
	OK(close(fd));
	OK(close(null));
}

/* A plain socket over a connection, then connected elsewhere. */
static void over_socket(void)
{
	struct sockaddr_storage ss;
	struct peer p = peer(AF_INET, PORT_HELLO);
	socklen_t len = sizeof(ss);
	int fd = dial(PORT_ECHO), fresh = sock(AF_INET, 0);

	OK(dup2(fresh, fd));
	OK(close(fresh));
	FAILS(getpeername(fd, (struct sockaddr *)&ss, &len), ENOTCONN);
	OK(connect(fd, &p.sa, p.len));
	OK(getpeername(fd, (struct sockaddr *)&ss, &len));
	CHECK_INT(peer_port((struct sockaddr *)&ss), PORT_HELLO);
	OK(close(fd));
}

/* One connection over another: the first ends, the peer sees it. */
static void over_connection(void)
{
	int fd = dial(PORT_ECHO), other = dial(PORT_SINK), third = dup(fd);

	CHECK_INT(OK(dup2(fd, other)), other);
	ours(other);
	OK(close(fd));
	ours(other);
	ours(third);
	OK(close(other));
	OK(close(third));
}

PROBE_MAIN({ "dup, dup2, dup3, F_DUPFD, F_DUPFD_CLOEXEC after connect()",
	     after },
	   { "the same by syscall(), __dup2, __fcntl", after_raw },
	   { "close-on-exec of each, and bad arguments", flags },
	   { "duplicated before connect()", before },
	   { "duplicated before connect(), connected under the copy",
	     before_flags },
	   { "a file over the connection", over },
	   { "a socket over the connection", over_socket },
	   { "a connection over another", over_connection })

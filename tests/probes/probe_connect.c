// SPDX-License-Identifier: GPL-3.0-or-later
/* connect(2), blocking and not, when it works and when nobody listens */
#include <netdb.h>
#include <netinet/in.h>

#include "probe.h"

static void good(int family, int flags)
{
	int fd = dial_family(family, PORT_ECHO, flags);

	echo(fd);
	OK(close(fd));
}

static void blocking(void)
{
	good(AF_INET, 0);
}

static void blocking6(void)
{
	good(AF_INET6, 0);
}

static void blocking_mapped(void)
{
	good(MAPPED, 0);
}

static void nonblocking_of(int family)
{
	struct peer p = peer(family, PORT_ECHO);
	int fd = sock(family, SOCK_NONBLOCK), re;

	FAILS(connect(fd, &p.sa, p.len), EINPROGRESS);
	re = wait_for(fd, POLLOUT | POLLIN, 5000);
	CHECK_INT(re, POLLOUT);
	CHECK_INT(so_error(fd), 0);
	echo(fd);
	OK(close(fd));
}

static void nonblocking(void)
{
	nonblocking_of(AF_INET);
}

static void nonblocking6(void)
{
	nonblocking_of(AF_INET6);
}

static void nonblocking_mapped(void)
{
	nonblocking_of(MAPPED);
}

static void by_name(void)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *ai, *a;

	NEED(getaddrinfo(probe_name(), "7001", &hints, &ai) == 0);
	for (a = ai; a; a = a->ai_next) {
		int fd = socket(a->ai_family, a->ai_socktype, a->ai_protocol);

		NEED(fd >= 0);
		OK(connect(fd, a->ai_addr, a->ai_addrlen));
		echo(fd);
		OK(close(fd));
	}
	freeaddrinfo(ai);
}

static void refused_of(int port)
{
	struct peer p = peer(AF_INET, port);
	int fd = sock(AF_INET, 0);

	FAILS(connect(fd, &p.sa, p.len), ECONNREFUSED);
	CHECK_INT(so_error(fd), 0);
	OK(close(fd));
}

static void refused(void)
{
	refused_of(PORT_REFUSED);
	refused_of(PORT_ABSENT);
}

static void refused6(void)
{
	struct peer p = peer(AF_INET6, PORT_REFUSED);
	int fd = sock(AF_INET6, 0);

	FAILS(connect(fd, &p.sa, p.len), ECONNREFUSED);
	OK(close(fd));
}

static void refused_nonblocking_of(int port)
{
	struct peer p = peer(AF_INET, port);
	int fd = sock(AF_INET, SOCK_NONBLOCK), re;

	errno = PROBE_ERRNO;
	if (connect(fd, &p.sa, p.len) == -1 && errno == ECONNREFUSED &&
	    probe_differs_here(DIFFER_PENDING)) {
		OK(close(fd));
		return;
	}
	CHECK_INT(errno, EINPROGRESS);
	re = wait_for(fd, POLLOUT, 5000);
	CHECK((re & (POLLOUT | POLLERR)) == (POLLOUT | POLLERR), "revents 0x%x",
	      re);
	CHECK_INT(so_error(fd), ECONNREFUSED);
	CHECK_INT(so_error(fd), 0);
	OK(close(fd));
}

static void refused_nonblocking(void)
{
	refused_nonblocking_of(PORT_REFUSED);
	refused_nonblocking_of(PORT_ABSENT);
}

static void bye(void)
{
	int fd = dial(PORT_BYE);
	char c;

	CHECK_INT(OK(read(fd, &c, 1)), 0);
	OK(close(fd));
}

static void hello(void)
{
	char buf[16] = "";
	int fd = dial(PORT_HELLO);

	CHECK_INT(OK(recv(fd, buf, 6, MSG_WAITALL)), 6);
	CHECK(!memcmp(buf, "hello\n", 6), "got %.6s", buf);
	OK(close(fd));
}

/* The kernel's own answers to calls that make no sense must come through. */
static void nonsense(void)
{
	struct peer p = peer(AF_INET, PORT_ECHO);
	int fd = sock(AF_INET, 0), pipes[2];

	NEED(pipe(pipes) == 0);
	FAILS(connect(fd, &p.sa, 4), EINVAL);
	FAILS(connect(fd, &p.sa, sizeof(p.ss) + 1), EINVAL);
	FAILS(connect(pipes[0], &p.sa, p.len), ENOTSOCK);
	FAILS(connect(-1, &p.sa, p.len), EBADF);
	FAILS(connect(999, &p.sa, p.len), EBADF);
	OK(connect(fd, &p.sa, p.len));
	echo(fd);
	OK(close(fd));
	OK(close(pipes[0]));
	OK(close(pipes[1]));
}

static void null_pointer(void)
{
	int fd = sock(AF_INET, 0);

	FAILS(connect(fd, NULL, sizeof(struct sockaddr_in)), EFAULT);
	OK(close(fd));
}

static void bad_pointer(void)
{
	int fd;

	probe_differs(DIFFER_BAD_POINTER);
	fd = sock(AF_INET, 0);
	FAILS(connect(fd, (void *)8, sizeof(struct sockaddr_in)), EFAULT);
	OK(close(fd));
}

static void ip4_on_ip6_socket(void)
{
	struct peer p = peer(AF_INET, PORT_ECHO);
	struct peer p6 = peer(AF_INET6, PORT_ECHO);
	int one = 1, fd6 = sock(AF_INET6, 0), fd = sock(AF_INET, 0);

	FAILS(connect(fd, &p6.sa, p6.len), EAFNOSUPPORT);
	FAILS(connect(fd6, &p.sa, p.len), EINVAL);
	OK(close(fd6));
	fd6 = sock(AF_INET6, 0);
	p6 = peer(MAPPED, PORT_ECHO);
	OK(setsockopt(fd6, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one)));
	FAILS(connect(fd6, &p6.sa, p6.len), ENETUNREACH);
	OK(close(fd6));
	OK(close(fd));
}

/* A datagram socket's connect() is none of the shim's business. */
static void datagram(void)
{
	struct sockaddr_storage ss = { 0 };
	struct peer p = peer(AF_INET, PORT_ECHO);
	socklen_t len = sizeof(ss);
	int fd = socket(AF_INET, SOCK_DGRAM, 0), type;

	NEED(fd >= 0);
	if (connect(fd, &p.sa, p.len))
		CHECK_INT(errno, ENETUNREACH); /* no network in this form */
	OK(getsockname(fd, (struct sockaddr *)&ss, &len));
	CHECK_INT(ss.ss_family, AF_INET);
	len = sizeof(type);
	OK(getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len));
	CHECK_INT(type, SOCK_DGRAM);
	OK(close(fd));
}

PROBE_MAIN({ "blocking connect, IPv4", blocking },
	   { "blocking connect, IPv6", blocking6 },
	   { "blocking connect, v4-mapped", blocking_mapped },
	   { "non-blocking connect: EINPROGRESS, POLLOUT, SO_ERROR 0",
	     nonblocking },
	   { "the same, IPv6", nonblocking6 },
	   { "the same, v4-mapped", nonblocking_mapped },
	   { "connect to each address of the name", by_name },
	   { "refused, blocking", refused },
	   { "refused, blocking, IPv6", refused6 },
	   { "refused, non-blocking", refused_nonblocking },
	   { "peer closes at once", bye }, { "peer speaks first", hello },
	   { "calls that make no sense", nonsense },
	   { "a NULL address", null_pointer },
	   { "an address that cannot be read", bad_pointer },
	   { "address of another family than the socket", ip4_on_ip6_socket },
	   { "a datagram socket is left alone", datagram })

// SPDX-License-Identifier: GPL-3.0-or-later
/* What the configuration refuses, or has no route for */
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "probe.h"

static void denied_name(void)
{
	struct addrinfo *ai;

	probe_differs(DIFFER_POLICY);
	CHECK_INT(getaddrinfo("denied.probe.example", "443", NULL, &ai),
		  EAI_NONAME);
	CHECK(!gethostbyname("denied.probe.example"));
	CHECK_INT(h_errno, HOST_NOT_FOUND);
}

/* A send with MSG_FASTOPEN connects, by libc's name or by number. */
static void every_way_to_connect(int fd, struct peer *p)
{
	struct iovec iov = { "x", 1 };
	struct mmsghdr m = { .msg_hdr = { .msg_name = &p->sa,
					  .msg_namelen = p->len,
					  .msg_iov = &iov,
					  .msg_iovlen = 1 } };
	const int flags = MSG_FASTOPEN | MSG_NOSIGNAL;

	FAILS(sendto(fd, "x", 1, flags, &p->sa, p->len), EACCES);
	FAILS(sendmsg(fd, &m.msg_hdr, flags), EACCES);
	FAILS(sendmmsg(fd, &m, 1, flags), EACCES);
	FAILS(syscall(SYS_connect, fd, &p->sa, p->len), EACCES);
	FAILS(syscall(SYS_sendto, fd, "x", 1, flags, &p->sa, p->len), EACCES);
	FAILS(syscall(SYS_sendmsg, fd, &m.msg_hdr, flags), EACCES);
	FAILS(syscall(SYS_sendmmsg, fd, &m, 1, flags), EACCES);
}

static void denied_address(void)
{
	struct peer p = peer(AF_INET, 80);
	int fd;

	probe_differs(DIFFER_POLICY);
	((struct sockaddr_in *)&p.ss)->sin_addr.s_addr =
		inet_addr("203.0.113.66");
	fd = sock(AF_INET, 0);
	FAILS(connect(fd, &p.sa, p.len), EACCES);
	every_way_to_connect(fd, &p);
	p = peer(AF_INET, PORT_ECHO);
	OK(connect(fd, &p.sa, p.len));
	echo(fd);
	OK(close(fd));
	fd = sock(AF_INET, SOCK_NONBLOCK);
	p = peer(AF_INET, 80);
	((struct sockaddr_in *)&p.ss)->sin_addr.s_addr =
		inet_addr("203.0.113.66");
	FAILS(connect(fd, &p.sa, p.len), EACCES);
	OK(close(fd));
}

/* The name has routes for some ports; for another, nobody answers. */
static void other_port(void)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
				  .ai_family = AF_INET };
	struct addrinfo *ai;
	int fd;

	NEED(!getaddrinfo(probe_name(), NULL, &hints, &ai));
	((struct sockaddr_in *)ai->ai_addr)->sin_port = htons(9);
	fd = sock(AF_INET, 0);
	CHECK_INT(connect(fd, ai->ai_addr, ai->ai_addrlen), -1);
	CHECK(errno == ECONNREFUSED || errno == ENETUNREACH);
	((struct sockaddr_in *)ai->ai_addr)->sin_port = htons(PORT_ECHO);
	OK(connect(fd, ai->ai_addr, ai->ai_addrlen));
	echo(fd);
	OK(close(fd));
	freeaddrinfo(ai);
}

PROBE_MAIN({ "a denied name", denied_name },
	   { "a denied address", denied_address },
	   { "a port that has no route", other_port })

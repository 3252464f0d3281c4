// SPDX-License-Identifier: GPL-3.0-or-later
/* Many threads in the hooks at once; also built with ThreadSanitizer */
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sys/epoll.h>

#include "probe.h"

#define THREADS 64
#define LOOPS   40

static void all(void *(*run)(void *), int n)
{
	pthread_t t[THREADS];

	for (int i = 0; i < n; i++)
		NEED(!pthread_create(&t[i], NULL, run, (void *)(intptr_t)i));
	for (int i = 0; i < n; i++)
		pthread_join(t[i], NULL);
}

static int family_of(int number)
{
	static const char *const file = "/proc/net/if_inet6";

	return number & 1 && access(file, R_OK) == 0 ? AF_INET6 : AF_INET;
}

static void *loop(void *arg)
{
	int me = (int)(intptr_t)arg;

	for (int i = 0; i < LOOPS && !probe_failed(); i++) {
		int fd = dial_family(family_of(me), PORT_ECHO,
				     i & 1 ? SOCK_NONBLOCK : 0);

		echo(fd);
		OK(close(fd));
	}
	return NULL;
}

static void connect_close(void)
{
	all(loop, THREADS);
}

static void ask_everything(int fd)
{
	struct sockaddr_storage ss;
	struct peer p = peer(AF_INET, PORT_ECHO);
	socklen_t len = sizeof(ss);
	int on = 1, v = 0;

	OK(getpeername(fd, (struct sockaddr *)&ss, &len));
	CHECK(!memcmp(&ss, &p.ss, p.len), "fd %d: %s", fd,
	      peer_text((struct sockaddr *)&ss));
	OK(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)));
	len = sizeof(v);
	OK(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &v, &len));
	CHECK_INT(v, 1);
	CHECK_INT(so_error(fd), 0);
}

static void *mixture(void *arg)
{
	int ep = epoll_create1(EPOLL_CLOEXEC);

	(void)arg;
	NEED(ep >= 0);
	for (int i = 0; i < LOOPS / 2 && !probe_failed(); i++) {
		struct epoll_event e = { .events = EPOLLIN, .data.u64 = 9 };
		struct peer p = peer(AF_INET, PORT_ECHO);
		int fd = sock(AF_INET, 0), twin;

		OK(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e));
		OK(connect(fd, &p.sa, p.len));
		ask_everything(fd);
		twin = (int)OK(fcntl(fd, F_DUPFD_CLOEXEC, 0));
		ask_everything(twin);
		CHECK_INT(OK(send(twin, "x", 1, MSG_NOSIGNAL)), 1);
		CHECK_INT(epoll_wait(ep, &e, 1, 10000), 1);
		OK(epoll_ctl(ep, EPOLL_CTL_DEL, fd, NULL));
		OK(close(fd));
		OK(close(twin));
	}
	OK(close(ep));
	return NULL;
}

static void everything(void)
{
	all(mixture, THREADS);
}

static void *by_name(void *arg)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *ai;

	(void)arg;
	for (int i = 0; i < 5; i++) {
		int fd;

		NEED(!getaddrinfo(probe_name(), "7001", &hints, &ai));
		fd = socket(ai->ai_family, SOCK_STREAM, 0);
		NEED(fd >= 0);
		OK(connect(fd, ai->ai_addr, ai->ai_addrlen));
		echo(fd);
		OK(close(fd));
		freeaddrinfo(ai);
	}
	return NULL;
}

static void names(void)
{
	all(by_name, 16);
}

static int fd_shared;

static void *use_shared(void *arg)
{
	(void)arg;
	for (int i = 0; i < 200; i++)
		ask_everything(fd_shared);
	return NULL;
}

static void one_connection(void)
{
	fd_shared = dial(PORT_ECHO);
	all(use_shared, 8);
	echo(fd_shared);
	OK(close(fd_shared));
}

/* Happy Eyeballs: several races to one endpoint, the losers are closed
 * while they connect. */
static void *race(void *arg)
{
	(void)arg;
	for (int i = 0; i < LOOPS && !probe_failed(); i++) {
		int fds[4];

		for (int j = 0; j < 4; j++) {
			int family = family_of(j);
			struct peer p = peer(family, PORT_ECHO);

			fds[j] = sock(family, SOCK_NONBLOCK);
			CHECK(!connect(fds[j], &p.sa, p.len) ||
			      errno == EINPROGRESS);
		}
		for (int j = 1; j < 4; j++)
			OK(close(fds[j]));
		NEED(wait_for(fds[0], POLLOUT, 10000) & POLLOUT);
		CHECK_INT(so_error(fds[0]), 0);
		echo(fds[0]);
		OK(close(fds[0]));
	}
	return NULL;
}

static void races(void)
{
	all(race, 16);
}

static void close_int(void *fd)
{
	close(*(int *)fd);
}

static void *hang(void *arg)
{
	struct peer p = peer(AF_INET, PORT_HOLE2);
	int fd = sock(AF_INET, 0);

	(void)arg;
	pthread_cleanup_push(close_int, &fd);
	connect(fd, &p.sa, p.len);
	pthread_cleanup_pop(1);
	return NULL;
}

/* connect() is a cancellation point, and a cancelled one holds up nobody. */
static void cancelled(void)
{
	pthread_t t[8];
	void *how;
	long began = now_ms();

	probe_differs(DIFFER_INTERRUPT);
	for (int i = 0; i < 8; i++)
		NEED(!pthread_create(&t[i], NULL, hang, NULL));
	nap(200);
	for (int i = 0; i < 8; i++)
		NEED(!pthread_cancel(t[i]));
	for (int i = 0; i < 8; i++) {
		NEED(!pthread_join(t[i], &how));
		CHECK(how == PTHREAD_CANCELED);
	}
	CHECK(now_ms() - began < 2500, "after %ld ms", now_ms() - began);
	ask_everything(fd_shared = dial(PORT_ECHO));
	OK(close(fd_shared));
}

PROBE_MAIN({ "64 threads connect and close", connect_close },
	   { "64 threads with duplicates, epoll and options", everything },
	   { "16 threads resolve and connect", names },
	   { "8 threads on one connection", one_connection },
	   { "16 threads race and close the losers", races },
	   { "cancelled in connect()", cancelled })

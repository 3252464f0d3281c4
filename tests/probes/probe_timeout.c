// SPDX-License-Identifier: GPL-3.0-or-later
/* connect(2) to a peer that does not answer.  PROBE_HOLES_MS says after how
 * long the three black holes time out: two as configured, one by default. */
#include <pthread.h>
#include <stdatomic.h>
#include <sys/time.h>

#include "probe.h"

#define SLACK_MS 900

static const int ports[3] = { PORT_HOLE, PORT_HOLE2, PORT_HOLE3 };

static int expected(int i)
{
	int ms[3] = { 0 };

	NEED(sscanf(getenv("PROBE_HOLES_MS") ?: "", "%d %d %d", &ms[0], &ms[1],
		    &ms[2]) == 3);
	return ms[i];
}

static void check_time(int i, long took)
{
	CHECK(took >= expected(i) - 20 && took < expected(i) + SLACK_MS,
	      "port %d: after %ld ms, expected %d", ports[i], took,
	      expected(i));
}

static void *hole(void *arg)
{
	int i = *(const int *)arg;
	struct peer p = peer(AF_INET, ports[i]);
	int fd = sock(AF_INET, 0);
	long began = now_ms();

	FAILS(connect(fd, &p.sa, p.len), ETIMEDOUT);
	check_time(i, now_ms() - began);
	CHECK_INT(so_error(fd), 0);
	OK(close(fd));
	return NULL;
}

static void blocking(void)
{
	static const int numbers[3] = { 0, 1, 2 };
	pthread_t t[3];

	for (int i = 0; i < 3; i++)
		NEED(!pthread_create(&t[i], NULL, hole, (void *)&numbers[i]));
	for (int i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
}

static void nonblocking(void)
{
	struct pollfd fds[3];
	long began = now_ms();
	int left = 3;

	probe_differs(DIFFER_PENDING);
	for (int i = 0; i < 3; i++) {
		struct peer p = peer(AF_INET, ports[i]);

		fds[i].fd = sock(AF_INET, SOCK_NONBLOCK);
		fds[i].events = POLLOUT;
		FAILS(connect(fds[i].fd, &p.sa, p.len), EINPROGRESS);
	}
	while (left) {
		NEED(poll(fds, 3, 15000) > 0, "%d never ended", left);
		for (int i = 0; i < 3; i++) {
			if (fds[i].fd < 0 || !fds[i].revents)
				continue;
			check_time(i, now_ms() - began);
			CHECK_INT(so_error(fds[i].fd), ETIMEDOUT);
			OK(close(fds[i].fd));
			fds[i].fd = -1;
			left--;
		}
	}
}

static void retry(void)
{
	struct peer hole_ = peer(AF_INET, PORT_HOLE);
	struct peer p = peer(AF_INET, PORT_ECHO);
	int fd = sock(AF_INET, 0);

	FAILS(connect(fd, &hole_.sa, hole_.len), ETIMEDOUT);
	OK(connect(fd, &p.sa, p.len));
	echo(fd);
	OK(close(fd));
}

static int bounded(int flags)
{
	struct timeval tv = { .tv_usec = 300000 };
	struct peer p = peer(AF_INET, PORT_HOLE);
	int fd = sock(AF_INET, flags);
	long began = now_ms(), took;

	OK(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)));
	if (probe_differs_here(DIFFER_INTERRUPT))
		FAILS(connect(fd, &p.sa, p.len), ETIMEDOUT);
	else
		FAILS(connect(fd, &p.sa, p.len), EINPROGRESS);
	took = now_ms() - began;
	CHECK(took >= 280 && took < 800, "after %ld ms", took);
	return fd;
}

static void sndtimeo(void)
{
	int fd = bounded(0);

	OK(close(fd));
}

/* It goes on behind the program's back: a second connect() waits as long
 * again and says EALREADY.  (inet_stream_connect(): err = -EALREADY for
 * SS_CONNECTING, kept where the wait runs out.) */
static void sndtimeo_goes_on(void)
{
	struct peer p = peer(AF_INET, PORT_HOLE);
	int fd, re;
	long began;

	probe_differs(DIFFER_INTERRUPT);
	fd = bounded(0);
	CHECK_INT(so_error(fd), 0);
	began = now_ms();
	FAILS(connect(fd, &p.sa, p.len), EALREADY);
	CHECK(now_ms() - began >= 280, "after %ld ms", now_ms() - began);
	re = wait_for(fd, POLLOUT, 5000);
	CHECK(re & POLLERR, "revents 0x%x", re);
	CHECK_INT(so_error(fd), ETIMEDOUT);
	OK(close(fd));
}

static void *longest_hole(void *done)
{
	static const int number = 2;

	hole((void *)&number);
	atomic_store((atomic_bool *)done, true);
	return NULL;
}

/* Many at once must not wait for each other: these are all done while that
 * one still waits, however slow the machine is. */
static void other_threads(void)
{
	atomic_bool done = false;
	pthread_t t;

	NEED(!pthread_create(&t, NULL, longest_hole, &done));
	nap(100);
	for (int i = 0; i < 5; i++) {
		int fd = dial(PORT_ECHO);

		echo(fd);
		OK(close(fd));
	}
	CHECK(!atomic_load(&done), "they were done only after the other");
	pthread_join(t, NULL);
}

PROBE_MAIN({ "blocking: ETIMEDOUT after the configured time", blocking },
	   { "non-blocking: ETIMEDOUT after the configured time", nonblocking },
	   { "after ETIMEDOUT the same descriptor connects elsewhere", retry },
	   { "SO_SNDTIMEO bounds a blocking connect: EINPROGRESS", sndtimeo },
	   { "after SO_SNDTIMEO: EALREADY, then ETIMEDOUT", sndtimeo_goes_on },
	   { "a thread that waits in connect() stops no other", other_threads })

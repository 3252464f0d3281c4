// SPDX-License-Identifier: GPL-3.0-or-later
/* hooks: calls that are none of vsockwrap's business, many times over
 *
 *	hooks CALL COUNT		one line: nanoseconds per call
 *	hooks spawn COUNT PROGRAM ARG...	nanoseconds per start of PROGRAM, from
 *					posix_spawn(3) to its end; with
 *					HOOKS_PRELOAD as its LD_PRELOAD
 *
 * tests/bench/run-hooks runs it bare and wrapped and takes the difference.
 */

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define UNUSED_FD 900

static int udp, ep, pipe_fd[2];
static struct sockaddr_in unrouted;
static struct epoll_event event;

static void prepare(void)
{
	udp = socket(AF_INET, SOCK_DGRAM, 0);
	ep = epoll_create1(0);
	event.events = EPOLLIN;
	unrouted.sin_family = AF_INET;
	unrouted.sin_port = htons(9);
	unrouted.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (udp < 0 || ep < 0 || pipe(pipe_fd) < 0 ||
	    epoll_ctl(ep, EPOLL_CTL_ADD, pipe_fd[0], &event) < 0) {
		perror("hooks");
		exit(1);
	}
}

/* A number that is not open: the kernel's part is as small as it gets. */
static void call_close(void)
{
	close(UNUSED_FD);
}

static void call_setsockopt(void)
{
	int one = 1;

	setsockopt(udp, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
}

static void call_epoll_ctl(void)
{
	epoll_ctl(ep, EPOLL_CTL_MOD, pipe_fd[0], &event);
}

static void call_fcntl(void)
{
	fcntl(udp, F_GETFL);
}

/* A datagram socket can be connected again and again. */
static void call_connect(void)
{
	connect(udp, (struct sockaddr *)&unrouted, sizeof(unrouted));
}

static const struct {
	const char *name;
	void (*call)(void);
} calls[] = {
	{ "close", call_close },         { "setsockopt", call_setsockopt },
	{ "epoll_ctl", call_epoll_ctl }, { "fcntl", call_fcntl },
	{ "connect", call_connect },
};

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

extern char **environ;

static void spawn_one(char **argv)
{
	int status;
	pid_t pid;

	if (posix_spawn(&pid, argv[0], NULL, NULL, argv, environ) != 0 ||
	    waitpid(pid, &status, 0) != pid || status != 0) {
		fprintf(stderr, "hooks: %s did not run well\n", argv[0]);
		exit(1);
	}
}

static void spawn(long count, char **argv)
{
	const char *preload = getenv("HOOKS_PRELOAD");
	double start;

	if (preload)
		setenv("LD_PRELOAD", preload, 1);
	start = now_ns();
	for (long i = 0; i < count; i++)
		spawn_one(argv);
	printf("%.1f\n", (now_ns() - start) / (double)count);
}

int main(int argc, char **argv)
{
	long count = argc > 2 ? strtol(argv[2], NULL, 10) : 0;
	double start;

	if (count <= 0) {
		fprintf(stderr,
			"usage: hooks CALL|spawn COUNT [PROGRAM ARG...]\n");
		return 2;
	}
	if (!strcmp(argv[1], "spawn") && argc > 3) {
		spawn(count, argv + 3);
		return 0;
	}
	prepare();
	for (size_t c = 0; c < sizeof(calls) / sizeof(calls[0]); c++) {
		if (strcmp(argv[1], calls[c].name))
			continue;
		start = now_ns();
		for (long i = 0; i < count; i++)
			calls[c].call();
		printf("%.1f\n", (now_ns() - start) / (double)count);
		return 0;
	}
	fprintf(stderr, "hooks: no call %s\n", argv[1]);
	return 2;
}

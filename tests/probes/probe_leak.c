// SPDX-License-Identifier: GPL-3.0-or-later
/* No descriptor is lost, none is handed on over exec */
#include <dirent.h>
#include <netinet/in.h>
#include <sys/wait.h>

#include "probe.h"

#define MANY 10000

static void many(void)
{
	struct peer p = peer(AF_INET, PORT_ECHO);
	int before = open_fds();

	for (int i = 0; i < MANY; i++) {
		int fd = sock(AF_INET, 0);
		char c = (char)i, d = 0;

		OK(connect(fd, &p.sa, p.len));
		NEED(write(fd, &c, 1) == 1 && read(fd, &d, 1) == 1 && c == d,
		     "connection %d", i);
		OK(close(fd));
	}
	CHECK_INT(open_fds(), before);
}

static void many_failed(void)
{
	struct peer p = peer(AF_INET, PORT_REFUSED);
	int before = open_fds();

	for (int i = 0; i < 1000; i++) {
		int fd = sock(AF_INET, i & 1 ? SOCK_NONBLOCK : 0);

		CHECK_INT(connect(fd, &p.sa, p.len), -1);
		OK(close(fd));
	}
	CHECK_INT(open_fds(), before);
}

static void many_given_up(void)
{
	struct peer p = peer(AF_INET, PORT_HOLE);
	int before = open_fds(), fds[100];

	probe_differs(DIFFER_PENDING);
	for (int i = 0; i < 100; i++) {
		fds[i] = sock(AF_INET, SOCK_NONBLOCK);
		FAILS(connect(fds[i], &p.sa, p.len), EINPROGRESS);
	}
	CHECK_INT(open_fds(), before + 100);
	for (int i = 0; i < 100; i++)
		OK(close(fds[i]));
	CHECK_INT(open_fds(), before);
}

static void many_on_one(void)
{
	static const struct sockaddr unspec = { .sa_family = AF_UNSPEC };
	struct peer p = peer(AF_INET, PORT_ECHO);
	struct peer bad = peer(AF_INET, PORT_REFUSED);
	int fd = sock(AF_INET, 0), before = open_fds();

	for (int i = 0; i < 300; i++) {
		FAILS(connect(fd, &bad.sa, bad.len), ECONNREFUSED);
		OK(connect(fd, &p.sa, p.len));
		OK(connect(fd, &unspec, sizeof(unspec)));
	}
	CHECK_INT(open_fds(), before);
	OK(close(fd));
}

/* Runs "ls /proc/self/fd" in our place and returns how many it had; the
 * pipe it writes to is its stdout. */
static int fds_after_exec(void)
{
	char out[4096] = "", *line;
	int pipes[2], n = 0, status;
	size_t got = 0;
	ssize_t r;
	pid_t pid;

	NEED(pipe2(pipes, O_CLOEXEC) == 0);
	pid = fork();
	if (!pid) {
		dup2(pipes[1], STDOUT_FILENO);
		execl("/bin/ls", "ls", "/proc/self/fd", NULL);
		_exit(9);
	}
	close(pipes[1]);
	while ((r = read(pipes[0], out + got, sizeof(out) - 1 - got)) > 0)
		got += (size_t)r;
	close(pipes[0]);
	waitpid(pid, &status, 0);
	CHECK(status == 0, "ls: wait status 0x%x", status);
	for (line = out; (line = strchr(line, '\n')); line++)
		n++;
	return n;
}

static void over_exec(void)
{
	struct peer hole = peer(AF_INET, PORT_HOLE);
	struct peer bad = peer(AF_INET, PORT_REFUSED);
	int before = fds_after_exec(), kept, shut, waiting, failed;

	shut = dial_family(AF_INET, PORT_ECHO, SOCK_CLOEXEC);
	CHECK_INT(fds_after_exec(), before);
	kept = dial(PORT_ECHO);
	CHECK_INT(fds_after_exec(), before + 1);
	waiting = sock(AF_INET, SOCK_CLOEXEC | SOCK_NONBLOCK);
	connect(waiting, &hole.sa, hole.len);
	failed = sock(AF_INET, SOCK_CLOEXEC);
	connect(failed, &bad.sa, bad.len);
	CHECK_INT(fds_after_exec(), before + 1);
	echo(shut);
	echo(kept);
	OK(close(shut));
	OK(close(kept));
	OK(close(waiting));
	OK(close(failed));
}

/* On TCP, connect() needs no descriptor; where it does, it says ENOBUFS,
 * and works as soon as there is one. */
static void none_free(void)
{
	struct peer p = peer(AF_INET, PORT_ECHO);
	int fd = sock(AF_INET, 0), first = -1, last = -1, f, r;

	while ((f = open("/dev/null", O_RDONLY)) >= 0) {
		first = first < 0 ? f : first;
		last = f;
	}
	CHECK_INT(errno, EMFILE);
	r = connect(fd, &p.sa, p.len);
	if (probe_differs_here(DIFFER_SPARE) && r < 0)
		CHECK_INT(errno, ENOBUFS);
	else
		CHECK_INT(r, 0);
	for (f = first; f <= last; f++)
		close(f);
	if (r < 0)
		OK(connect(fd, &p.sa, p.len));
	echo(fd);
	OK(close(fd));
}

PROBE_MAIN({ "10,000 connections", many }, { "1,000 refused", many_failed },
	   { "100 given up", many_given_up },
	   { "900 calls on one descriptor", many_on_one },
	   { "exec: only what lacks FD_CLOEXEC", over_exec },
	   { "connect() when no descriptor is free", none_free })

// SPDX-License-Identifier: GPL-3.0-or-later
/* Children that share our memory while they close descriptors: vfork(2) and
 * posix_spawn(3).  What they do to theirs must leave ours alone. */
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "probe.h"

extern char **environ;

static void ours(int fd)
{
	struct sockaddr_storage ss;
	struct peer p = peer(AF_INET, PORT_ECHO);
	socklen_t len = sizeof(ss);

	OK(getpeername(fd, (struct sockaddr *)&ss, &len));
	CHECK(!memcmp(&ss, &p.ss, p.len), "peer is %s",
	      peer_text((struct sockaddr *)&ss));
	FAILS(connect(fd, &p.sa, p.len), EISCONN);
	echo(fd);
}

static void vforked(void (*in_child)(int fd))
{
	int fd = dial(PORT_ECHO), status = 0;
	pid_t pid = vfork();

	if (!pid) {
		in_child(fd);
		execl("/bin/true", "true", NULL);
		_exit(9);
	}
	NEED(pid > 0 && waitpid(pid, &status, 0) == pid);
	CHECK_INT(status, 0);
	ours(fd);
	OK(close(fd));
}

static void do_close(int fd)
{
	if (close(fd))
		_exit(8);
}

static void do_range(int fd)
{
	(void)fd;
	if (close_range(3, ~0u, 0))
		_exit(8);
}

static void do_dup2(int fd)
{
	if (dup2(STDIN_FILENO, fd) != fd)
		_exit(8);
}

static void do_raw(int fd)
{
	if (syscall(SYS_close, fd))
		_exit(8);
}

static void do_fcntl(int fd)
{
	int twin = fcntl(fd, F_DUPFD, 100);

	if (twin < 100 || close(twin) || fcntl(fd, F_SETFD, FD_CLOEXEC))
		_exit(8);
}

static void vfork_close(void)
{
	vforked(do_close);
	vforked(do_raw);
}

static void vfork_range(void)
{
	vforked(do_range);
}

static void vfork_dup(void)
{
	vforked(do_dup2);
	vforked(do_fcntl);
}

/* In a vfork child, onto a number that then is another's in the parent. */
static void vfork_then_reuse(void)
{
	int fd = dial(PORT_ECHO), twin = 150, status = 0;
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	pid_t pid = vfork();

	if (!pid)
		_exit(dup2(fd, twin) != twin);
	NEED(pid > 0 && waitpid(pid, &status, 0) == pid);
	CHECK_INT(status, 0);
	FAILS(fcntl(twin, F_GETFD), EBADF);
	NEED(fcntl(STDOUT_FILENO, F_DUPFD, twin) == twin);
	FAILS(getpeername(twin, (struct sockaddr *)&ss, &len), ENOTSOCK);
	OK(close(twin));
	ours(fd);
	OK(close(fd));
}

static void spawn(void)
{
	int fd = dial(PORT_ECHO), other = dial(PORT_ECHO), status = 0;
	posix_spawn_file_actions_t fa;
	char *argv[] = { "true", NULL };
	pid_t pid;

	NEED(!posix_spawn_file_actions_init(&fa));
	NEED(!posix_spawn_file_actions_addclose(&fa, fd));
	NEED(!posix_spawn_file_actions_adddup2(&fa, 0, other));
	NEED(!posix_spawn_file_actions_addclosefrom_np(&fa, 3));
	NEED(!posix_spawn(&pid, "/bin/true", &fa, NULL, argv, environ));
	NEED(waitpid(pid, &status, 0) == pid);
	CHECK_INT(status, 0);
	posix_spawn_file_actions_destroy(&fa);
	ours(fd);
	ours(other);
	OK(close(fd));
	OK(close(other));
}

static void shells(void)
{
	int fd = dial(PORT_ECHO);
	char line[16] = "";
	FILE *f;

	CHECK_INT(system("exec true"), 0);
	ours(fd);
	f = popen("echo hi", "r");
	NEED(f);
	CHECK(fgets(line, sizeof(line), f) && !strcmp(line, "hi\n"));
	CHECK_INT(pclose(f), 0);
	ours(fd);
	OK(close(fd));
}

/* The connection as another program's standard input and output. */
static void as_stdio(void)
{
	int fd = dial(PORT_ECHO), status = 0;
	pid_t pid = fork();

	if (!pid) {
		dup2(fd, 0);
		dup2(fd, 1);
		close(fd);
		execl("/bin/sh", "sh", "-c",
		      "echo over; read x; test \"$x\" = over", NULL);
		_exit(9);
	}
	NEED(pid > 0 && waitpid(pid, &status, 0) == pid);
	CHECK_INT(status, 0);
	ours(fd);
	OK(close(fd));
}

PROBE_MAIN({ "vfork child: close, syscall(SYS_close)", vfork_close },
	   { "vfork child: close_range of everything", vfork_range },
	   { "vfork child: dup2 over, F_DUPFD, F_SETFD", vfork_dup },
	   { "vfork child's duplicate is not the parent's", vfork_then_reuse },
	   { "posix_spawn with close, dup2 and closefrom actions", spawn },
	   { "system and popen", shells },
	   { "a program with the connection as its stdin and stdout",
	     as_stdio })

// SPDX-License-Identifier: GPL-3.0-or-later
/* fork(2): a child has the parent's connections and makes its own, whatever
 * the parent's threads were doing */
#include <netdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>

#include "probe.h"

#define CHILDREN 300

static int shared = -1;
static struct addrinfo *resolved;

static void use_shared(void)
{
	struct sockaddr_storage ss;
	struct peer p = peer(AF_INET, PORT_ECHO);
	socklen_t len = sizeof(ss);

	OK(getpeername(shared, (struct sockaddr *)&ss, &len));
	CHECK(!memcmp(&ss, &p.ss, p.len));
	echo(shared);
	OK(close(shared));
	FAILS(close(shared), EBADF);
}

static void inherited(void)
{
	shared = dial(PORT_ECHO);
	probe_child(use_shared);
	echo(shared);
	OK(close(shared));
}

static void make_own(void)
{
	for (int i = 0; i < 5; i++) {
		int fd = dial(PORT_ECHO);

		echo(fd);
		OK(close(fd));
	}
}

static void own(void)
{
	probe_child(make_own);
	make_own();
	probe_child(make_own);
}

static void grandchild(void)
{
	make_own();
	probe_child(use_shared);
	use_shared();
}

static void generations(void)
{
	shared = dial(PORT_ECHO);
	probe_child(grandchild);
	use_shared();
}

/* A socket made before, connected after; in both, independently of what the
 * other does with its copy of the number. */
static void connect_shared(void)
{
	struct peer p = peer(AF_INET, PORT_ECHO);

	OK(connect(shared, &p.sa, p.len));
	echo(shared);
	OK(close(shared));
}

static void connected_in_child(void)
{
	shared = sock(AF_INET, 0);
	probe_child(connect_shared);
	OK(close(shared));
}

static void connect_resolved(void)
{
	int fd = socket(resolved->ai_family, SOCK_STREAM, 0);

	NEED(fd >= 0);
	OK(connect(fd, resolved->ai_addr, resolved->ai_addrlen));
	echo(fd);
	OK(close(fd));
}

static void resolved_before(void)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM };

	NEED(!getaddrinfo(probe_name(), "7001", &hints, &resolved));
	probe_child(connect_resolved);
	connect_resolved();
	freeaddrinfo(resolved);
}

static atomic_bool stop;

static void *dialler(void *arg)
{
	(void)arg;
	while (!atomic_load(&stop)) {
		int fd = dial(PORT_ECHO);

		echo(fd); /* or we would be faster than the peer */
		OK(close(fd));
	}
	return NULL;
}

static void *resolver(void *arg)
{
	(void)arg;
	while (!atomic_load(&stop)) {
		struct addrinfo *ai;

		NEED(!getaddrinfo(probe_name(), "7001", NULL, &ai));
		freeaddrinfo(ai);
	}
	return NULL;
}

static void resolve_and_dial(void)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM };

	NEED(!getaddrinfo(probe_name(), "7001", &hints, &resolved));
	connect_resolved();
}

static void dial_once(void)
{
	int fd = dial(PORT_ECHO);

	echo(fd);
	OK(close(fd));
}

/* By _Fork(), which runs no pthread_atfork() handler: a child of it may call
 * what a signal handler may, _Fork(3), and connect() is such. */
static pid_t bare_fork(void)
{
	pid_t pid = _Fork();

	if (!pid) {
		struct peer p = peer(AF_INET, PORT_ECHO);
		int fd = socket(AF_INET, SOCK_STREAM, 0);
		char c = 'b';

		if (fd < 0 || connect(fd, &p.sa, p.len) ||
		    write(fd, &c, 1) != 1 || read(fd, &c, 1) != 1 || close(fd))
			_exit(9);
		_exit(0);
	}
	return pid;
}

static void while_busy_bare(void)
{
	pthread_t t[3];

	probe_differs(DIFFER_BARE_FORK);
	atomic_store(&stop, false);
	for (int i = 0; i < 3; i++)
		NEED(!pthread_create(&t[i], NULL, dialler, NULL));
	for (int i = 0; i < CHILDREN && !probe_failed(); i++) {
		pid_t pid = bare_fork();

		NEED(pid > 0);
		probe_reap(pid, 10000);
	}
	atomic_store(&stop, true);
	for (int i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
}

static void while_busy_of(void (*in_child)(void))
{
	pthread_t t[3];

	atomic_store(&stop, false);
	for (int i = 0; i < 3; i++)
		NEED(!pthread_create(&t[i], NULL, i < 2 ? dialler : resolver,
				     NULL));
	for (int i = 0; i < CHILDREN && !probe_failed(); i++)
		probe_child(in_child);
	atomic_store(&stop, true);
	for (int i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
}

static void while_busy(void)
{
	while_busy_of(dial_once);
}

static void while_resolving(void)
{
	probe_differs(DIFFER_FORK_RESOLVE);
	while_busy_of(resolve_and_dial);
}

/* The child inherits what is being made, and takes it over. */
static void finish_shared(void)
{
	NEED(wait_for(shared, POLLOUT, 5000) & POLLOUT);
	CHECK_INT(so_error(shared), 0);
	echo(shared);
}

static void in_progress(void)
{
	struct peer p = peer(AF_INET, PORT_ECHO);

	shared = sock(AF_INET, SOCK_NONBLOCK);
	if (connect(shared, &p.sa, p.len))
		CHECK_INT(errno, EINPROGRESS);
	probe_child(finish_shared);
	CHECK_INT(so_error(shared), 0);
	echo(shared);
	OK(close(shared));
}

/* What the child closes is the child's only: the parent's stays open, and
 * ends for the peer only when the parent closes. */
static void close_shared(void)
{
	OK(close(shared));
	make_own();
}

static void closed_in_child(void)
{
	shared = dial(PORT_ECHO);
	probe_child(close_shared);
	echo(shared);
	probe_child(close_shared);
	echo(shared);
	OK(close(shared));
}

PROBE_MAIN({ "a connection of the parent works in the child", inherited },
	   { "parent and child make their own", own },
	   { "a grandchild", generations },
	   { "a socket of the parent, connected in the child",
	     connected_in_child },
	   { "a name resolved before, connected after", resolved_before },
	   { "a connect in progress", in_progress },
	   { "closed in the child only", closed_in_child },
	   { "300 children while threads are in the hooks", while_busy },
	   { "the same by _Fork()", while_busy_bare },
	   { "the same, and the children resolve", while_resolving })

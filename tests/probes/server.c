// SPDX-License-Identifier: GPL-3.0-or-later
/* server: the peer of the probes
 *
 *	server tcp | unix:DIR | vsock
 *
 * Listens on every port of ports.h, says "ready" on stdout and serves until
 * its stdin ends, so that it never outlives the runner.  A thread for each
 * connection, used again.  `vsock` only inside a guest that a test has started.
 */
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <linux/vm_sockets.h>

#include "ports.h"
#include "server.h"

#define STACK (256 << 10)

struct job {
	void (*serve)(int fd);
	int fd;
};

int server_late = -1;

struct worker {
	struct job job;
	sem_t go;
	struct worker *next; /* in @idle */
};

static pthread_mutex_t idle_lock = PTHREAD_MUTEX_INITIALIZER;
static struct worker *idle;

static pthread_attr_t detached;
static const char *form;

/**
 * server_die() - End with the reason that errno tells
 */
void server_die(const char *what)
{
	fprintf(stderr, "server: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* A thread that has served a connection waits for the next one: making
 * threads is slow in the lab's kernels. */
static void *work(void *arg)
{
	struct worker *me = arg;

	for (;;) {
		me->job.serve(me->job.fd);
		pthread_mutex_lock(&idle_lock);
		me->next = idle;
		idle = me;
		pthread_mutex_unlock(&idle_lock);
		while (sem_wait(&me->go))
			;
	}
	return NULL;
}

/**
 * server_spawn() - Serve one connection in a thread of its own
 * @fd:	the connection; the thread owns it
 */
void server_spawn(void (*serve)(int), int fd)
{
	struct worker *w;
	pthread_t t;

	pthread_mutex_lock(&idle_lock);
	w = idle;
	if (w)
		idle = w->next;
	pthread_mutex_unlock(&idle_lock);
	if (w) {
		w->job = (struct job){ serve, fd };
		sem_post(&w->go);
		return;
	}
	w = calloc(1, sizeof(*w));
	if (!w)
		server_die("calloc");
	w->job = (struct job){ serve, fd };
	sem_init(&w->go, 0, 0);
	errno = pthread_create(&t, &detached, work, w);
	if (errno) {
		perror("server: pthread_create");
		free(w);
		close(fd);
	}
}

static void *accept_loop(void *arg)
{
	const struct job *job = arg;

	for (;;) {
		int fd = accept4(job->fd, NULL, NULL, SOCK_CLOEXEC);

		if (fd >= 0)
			server_spawn(job->serve, fd);
		else if (errno == EMFILE || errno == ENFILE)
			usleep(10000);
		else if (errno != EINTR && errno != ECONNABORTED)
			server_die("accept");
	}
	return NULL;
}

/**
 * server_dial() - Connect to one of our own listeners
 *
 * Return: descriptor
 */
int server_dial(int listener)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	int fd;

	if (getsockname(listener, (struct sockaddr *)&ss, &len))
		server_die("getsockname");
	if (ss.ss_family == AF_INET6)
		((struct sockaddr_in6 *)&ss)->sin6_addr = in6addr_loopback;
	fd = socket(ss.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&ss, len))
		server_die("connect to own listener");
	return fd;
}

static int bind_tcp(int port)
{
	/* Takes IPv4 too, as v4-mapped. */
	struct sockaddr_in6 a = { .sin6_family = AF_INET6,
				  .sin6_port = htons((uint16_t)port) };
	int one = 1, fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)))
		server_die("bind");
	return fd;
}

static int bind_unix(const char *dir, int port)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(a.sun_path, sizeof(a.sun_path), "%s/%d", dir, port);
	unlink(a.sun_path);
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)))
		server_die(a.sun_path);
	return fd;
}

static int bind_vsock(int port)
{
	struct sockaddr_vm a;
	int fd = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memset(&a, 0, sizeof(a));
	a.svm_family = AF_VSOCK;
	a.svm_cid = VMADDR_CID_ANY;
	a.svm_port = (unsigned)port;
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)))
		server_die("bind");
	return fd;
}

static int bind_port(int port)
{
	if (!strcmp(form, "tcp"))
		return bind_tcp(port);
	if (!strncmp(form, "unix:", 5))
		return bind_unix(form + 5, port);
	return bind_vsock(port);
}

static void start(const struct service *s)
{
	struct job *job;
	pthread_t t;
	int fd;

	/* A vsock listener whose queue is full refuses: the black hole is a
	 * CID that does not answer, and there is no late answer. */
	if (!strcmp(form, "vsock") && s->backlog <= 0)
		return;
	if (!strcmp(form, "tcp") && s->backlog < 0)
		return;
	fd = bind_port(s->port);
	if (s->backlog < 0)
		return;
	if (listen(fd, s->backlog))
		server_die("listen");
	if (s->port == PORT_LATE)
		server_late = fd;
	else if (s->backlog == 0)
		server_dial(fd);
	if (!s->serve)
		return;
	job = malloc(sizeof(*job));
	if (!job)
		server_die("malloc");
	*job = (struct job){ s->serve, fd };
	errno = pthread_create(&t, &detached, accept_loop, job);
	if (errno)
		server_die("pthread_create");
}

int main(int argc, char **argv)
{
	struct rlimit r;
	char c;

	if (argc != 2 || (strcmp(argv[1], "tcp") && strcmp(argv[1], "vsock") &&
			  strncmp(argv[1], "unix:/", 6))) {
		fprintf(stderr, "usage: server tcp | unix:/DIR | vsock\n");
		return 2;
	}
	form = argv[1];
	if (!getrlimit(RLIMIT_NOFILE, &r)) {
		r.rlim_cur = r.rlim_max;
		setrlimit(RLIMIT_NOFILE, &r);
	}
	signal(SIGPIPE, SIG_IGN);
	pthread_attr_init(&detached);
	pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&detached, STACK);
	for (int i = 0; i < service_count; i++)
		start(&services[i]);
	puts("ready");
	fflush(stdout);
	while (read(STDIN_FILENO, &c, 1) > 0)
		;
	return 0;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Guests: how their machines come and go.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "guest.h"
#include "vhost_user.h"

/**
 * guest_disconnect() - Forget all of a guest but its address
 * @g:		the guest; its machine may connect anew later
 * @why:	told to the user
 */
void guest_disconnect(struct guest *g, const char *why)
{
	fprintf(stderr, "vsockswitch: cid %llu: %s\n",
		(unsigned long long)g->cid, why);
	watch_stop(&g->control);
	for (int i = 0; i < GUEST_RINGS; i++) {
		watch_stop(&g->kick[i]);
		if (g->ring[i].call >= 0)
			close(g->ring[i].call);
		memset(&g->ring[i], 0, sizeof(g->ring[i]));
		g->ring[i].call = -1;
	}
	if (g->backend_fd >= 0)
		close(g->backend_fd);
	g->backend_fd = -1;
	memory_clear(&g->memory);
	g->features = 0;
	g->partial = false;
}

/* A message has come, or the machine is gone. */
static void control_ready(void *arg)
{
	struct guest *g = arg;
	struct vhost_msg m;
	char why[80];
	int err;

	err = vhost_msg_receive(&m, g->control.fd);
	if (err == 0) {
		guest_disconnect(g, "gone");
		return;
	}
	if (err > 0) {
		err = vhost_user_serve(g, &m);
		vhost_msg_release(&m);
	}
	if (err < 0) {
		snprintf(why, sizeof(why), "vhost-user request %u: %s",
			 m.head.request, strerror(-err));
		guest_disconnect(g, why);
	}
}

static void listener_ready(void *arg)
{
	/* Messages are short; whoever sends half of one is not waited for. */
	const struct timeval patience = { .tv_sec = 2 };
	struct guest *g = arg;
	int fd;

	fd = accept4(g->listener.fd, NULL, NULL, SOCK_CLOEXEC);
	if (fd < 0)
		return;
	if (g->control.fd >= 0)
		guest_disconnect(g, "replaced by a new connection");
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
		       sizeof(patience)) < 0) {
		close(fd);
		return;
	}
	if (watch_start(&g->control, fd) < 0)
		guest_disconnect(g, "cannot be watched");
}

/* The guest has offered chains; the main loop looks at them after this. */
static void kick_ready(void *arg)
{
	struct watch *w = arg;
	uint64_t count;

	/* The end of a pipe would be readable for ever. */
	if (read(w->fd, &count, sizeof(count)) == 0)
		watch_stop(w);
}

/**
 * guest_listen() - Set up a guest and the socket its machine connects to
 * @g:		the guest, uninitialised; must stay where it is
 * @cid:	its context ID
 * @path:	the socket's path; must not exist
 *
 * Return: 0 or a negative errno
 */
int guest_listen(struct guest *g, uint64_t cid, const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd;

	memset(g, 0, sizeof(*g));
	g->cid = cid;
	g->backend_fd = -1;
	g->listener = (struct watch){ -1, listener_ready, g };
	g->control = (struct watch){ -1, control_ready, g };
	for (int i = 0; i < GUEST_RINGS; i++) {
		g->kick[i] = (struct watch){ -1, kick_ready, &g->kick[i] };
		g->ring[i].call = -1;
	}

	if (strlen(path) >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	strcpy(addr.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 ||
	    listen(fd, 1) < 0) {
		int err = errno;

		close(fd);
		return -err;
	}
	return watch_start(&g->listener, fd);
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* A plugin that makes its own connections. */
#include <netdb.h>
#include <unistd.h>

#include "lib_plugin.h"

int plugin_dial(const struct sockaddr *sa, socklen_t len)
{
	int fd = socket(sa->sa_family, SOCK_STREAM, 0);

	if (fd >= 0 && connect(fd, sa, len)) {
		close(fd);
		return -1;
	}
	return fd;
}

int plugin_resolve(const char *name, const char *service)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *ai;
	int fd;

	if (getaddrinfo(name, service, &hints, &ai))
		return -1;
	fd = plugin_dial(ai->ai_addr, ai->ai_addrlen);
	freeaddrinfo(ai);
	return fd;
}

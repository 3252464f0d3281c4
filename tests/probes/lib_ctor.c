// SPDX-License-Identifier: GPL-3.0-or-later
/* A library whose constructor makes connections, before main() and maybe
 * before the constructors of what was preloaded */
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib_plugin.h"
#include "ports.h"

int ctor_literal = -1, ctor_named = -1, ctor_failed_line;

static int dial(const struct sockaddr *sa, socklen_t len)
{
	int fd = socket(sa->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && connect(fd, sa, len)) {
		close(fd);
		return -1;
	}
	return fd;
}

__attribute__((constructor)) static void start(void)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *ai;
	const char *ip4 = getenv("PROBE_IP4") ?: "203.0.113.7";
	const char *name = getenv("PROBE_NAME") ?: "echo.probe.example";
	struct sockaddr_in in = { .sin_family = AF_INET,
				  .sin_port = htons(PORT_ECHO) };

	inet_pton(AF_INET, ip4, &in.sin_addr);
	ctor_literal = dial((struct sockaddr *)&in, sizeof(in));
	if (ctor_literal < 0) {
		ctor_failed_line = __LINE__;
		return;
	}
	if (getaddrinfo(name, "7001", &hints, &ai)) {
		ctor_failed_line = __LINE__;
		return;
	}
	ctor_named = dial(ai->ai_addr, ai->ai_addrlen);
	if (ctor_named < 0)
		ctor_failed_line = __LINE__;
	freeaddrinfo(ai);
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* Before main() and after it: constructors and atexit() */
#include "lib_plugin.h"
#include "probe.h"

static void used(int fd)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);

	OK(getpeername(fd, (struct sockaddr *)&ss, &len));
	CHECK_INT(ss.ss_family, AF_INET);
	CHECK_INT(peer_port((struct sockaddr *)&ss), PORT_ECHO);
	echo(fd);
}

static void constructor(void)
{
	NEED(ctor_literal >= 0, "lib_ctor.c, line %d", ctor_failed_line);
	used(ctor_literal);
}

static void constructor_named(void)
{
	NEED(ctor_named >= 0, "lib_ctor.c, line %d", ctor_failed_line);
	echo(ctor_named);
}

static void at_exit(void)
{
	int fd = dial(PORT_ECHO);

	echo(fd);
	OK(close(fd));
	_exit(probe_failed());
}

static void leave(void)
{
	atexit(at_exit);
	exit(7);
}

static void atexit_handler(void)
{
	probe_child(leave);
}

PROBE_MAIN({ "connect() in a library's constructor", constructor },
	   { "getaddrinfo() and connect() there", constructor_named },
	   { "connect() in an atexit() handler", atexit_handler })

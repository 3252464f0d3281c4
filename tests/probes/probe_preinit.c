// SPDX-License-Identifier: GPL-3.0-or-later
/* .preinit_array: before every constructor, libc's own included, so that
 * not even getenv() works yet */
#include <netinet/in.h>

#include "probe.h"

static int early = -1, early_errno;

/* Before every constructor of every library. */
static void before_all(void)
{
	struct peer p = { .len = sizeof(struct sockaddr_in) };
	struct sockaddr_in *in = (struct sockaddr_in *)&p.ss;

	in->sin_family = AF_INET;
	in->sin_port = htons(PORT_ECHO);
	in->sin_addr.s_addr = htonl(0xcb007107); /* 203.0.113.7 */
	early = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (early >= 0 && connect(early, &p.sa, p.len)) {
		early_errno = errno;
		close(early);
		early = -1;
	}
}

__attribute__((section(".preinit_array"),
	       used)) static void (*const preinit)(void) = before_all;

static void preinit_array(void)
{
	NEED(early >= 0, "connect() set %d", early_errno);
	echo(early);
}

static void afterwards(void)
{
	int fd = dial(PORT_ECHO);

	echo(fd);
	OK(close(fd));
}

PROBE_MAIN({ "connect() in .preinit_array", preinit_array },
	   { "connect() in main() after that", afterwards })

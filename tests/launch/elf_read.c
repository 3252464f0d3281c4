// SPDX-License-Identifier: GPL-3.0-or-later
/* Reads the headers of each file named on standard input, under sanitizers:
 * damaged files must be refused or misread, never read beyond. */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "launch.h"

char *launch_format(const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	if (vasprintf(&s, fmt, ap) < 0)
		abort();
	va_end(ap);
	return s;
}

int main(void)
{
	static const char *const words[] = { "ok", "foreign", "not",
					     "unreadable" };
	char path[4096];
	struct launch_elf e;

	while (fgets(path, sizeof(path), stdin)) {
		path[strcspn(path, "\n")] = '\0';
		puts(words[launch_elf_read(path, &e)]);
		if (strlen(e.interp) >= sizeof(e.interp))
			abort();
	}
	return 0;
}

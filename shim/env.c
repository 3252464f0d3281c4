// SPDX-License-Identifier: GPL-3.0-or-later
/* env: see env.h
 *
 * getenv() knows nothing before libc's own constructor has run, and a program
 * may connect from its preinit functions, which run earlier: then the kernel's
 * copy of the environment is read (proc(5)).
 */

#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "env.h"
#include "sys.h"

#define ENV_MAX ((size_t)2 * 1024 * 1024) /* a quarter of the usual stack */

/* Variables with a NUL behind each, and one more behind the last */
static const char *read_environ(void)
{
	int fd = sys_openat(AT_FDCWD, "/proc/self/environ",
			    O_RDONLY | O_CLOEXEC, 0);
	char *text = fd < 0 ? NULL : sys_mmap_anon(ENV_MAX);
	size_t len = 0;
	ssize_t n;

	while (text && (n = sys_read(fd, text + len, ENV_MAX - 2 - len)) > 0)
		len += (size_t)n;
	if (fd >= 0)
		sys_close(fd);
	return text ? text : "";
}

/**
 * env_get() - getenv(3), also where that is too early
 * @name:	without '='
 *
 * Not thread-safe: for the constructor.
 *
 * Return: the value, or NULL; it may change when the program changes it
 */
const char *env_get(const char *name)
{
	static const char *early;
	size_t len = strlen(name);

	/* set-uid, by /etc/ld.so.preload: the caller's variables are not to
	 * tell a privileged program where to connect or what to write */
	if (getauxval(AT_SECURE))
		return NULL;
	if (environ)
		return getenv(name);
	if (!early)
		early = read_environ();
	for (const char *e = early; *e; e += strlen(e) + 1) {
		if (strncmp(e, name, len) == 0 && e[len] == '=')
			return e + len + 1;
	}
	return NULL;
}

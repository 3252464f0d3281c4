// SPDX-License-Identifier: GPL-3.0-or-later
/* launch_diagnose: programs that the library cannot be in, and proxies
 *
 * The loader drops the library from such programs without a word, or they
 * never ask libc; their connections would then go where no rule says.  So
 * they are not started, unless --force says to.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "launch.h"
#include "route.h"

#ifdef __GLIBC__
#	define OWN_LIBC "glibc"
#else
#	define OWN_LIBC "musl"
#endif

/* Programs' loaders, by the first bytes of their file names. */
static const struct {
	const char *prefix, *libc;
} loaders[] = {
	{ "ld-musl", "musl" },     { "ld-linux", "glibc" },
	{ "ld64.so", "glibc" },    { "ld.so", "glibc" },
	{ "ld-uClibc", "uClibc" }, { "linker", "bionic" },
};

/* NULL where unknown: then the program gets the benefit of the doubt. */
static const char *libc_of(const char *loader)
{
	const char *slash = strrchr(loader, '/');
	const char *base = slash ? slash + 1 : loader;

	for (size_t i = 0; i < sizeof(loaders) / sizeof(loaders[0]); i++)
		if (!strncmp(base, loaders[i].prefix,
			     strlen(loaders[i].prefix)))
			return loaders[i].libc;
	return NULL;
}

static char *check_libc(const char *loader)
{
	const char *libc = libc_of(loader);

	if (!libc || !strcmp(libc, OWN_LIBC))
		return NULL;
	return launch_format("is built for %s (%s), and this vsockwrap for "
			     "%s; build vsockwrap with that libc",
			     libc, loader, OWN_LIBC);
}

static char *check_elf(const char *path)
{
	struct launch_elf e, own;

	switch (launch_elf_read(path, &e)) {
	case LAUNCH_ELF_NOT:
		return NULL; /* a script; its interpreter is looked at next */
	case LAUNCH_ELF_UNREADABLE:
		if (errno != ENOENT) /* exec will complain of that */
			launch_warn("%s: cannot be read, so it is unknown "
				    "whether it can be wrapped",
				    path);
		return NULL;
	case LAUNCH_ELF_FOREIGN:
		launch_elf_own(&own);
		return launch_format("is a %s program, and this vsockwrap is "
				     "%s; build vsockwrap for it",
				     launch_elf_kind(&e),
				     launch_elf_kind(&own));
	case LAUNCH_ELF_OK:
		break;
	}
	if (e.go)
		return launch_format("is a Go program: Go makes its own system "
				     "calls instead of libc's connect(); let "
				     "it connect to a loopback relay (socat) "
				     "instead");
	if (e.is_loader)
		return check_libc(path);
	if (!e.dynamic)
		return launch_format("is statically linked: no loader puts "
				     "the library into it; use a dynamically "
				     "linked build");
	return check_libc(e.interp);
}

/* Does the kernel ignore set-uid bits and file capabilities here? execve(2) */
static bool privileges_ignored(const char *path)
{
	struct statvfs fs;

	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ||
	       (!statvfs(path, &fs) && fs.f_flag & ST_NOSUID);
}

/* The loader drops libraries where the program gets rights that its caller
 * does not have (AT_SECURE, getauxval(3)): root running a set-uid-root program
 * gains nothing, nor does root by file capabilities. */
static char *check_privileges(const char *path)
{
	struct stat st;

	if (stat(path, &st) || !S_ISREG(st.st_mode) || privileges_ignored(path))
		return NULL;
	if (st.st_mode & S_ISUID && st.st_uid != getuid())
		return launch_format("is set-uid to user %u: the loader drops "
				     "the library; run vsockwrap as that user",
				     (unsigned)st.st_uid);
	/* without the group's x it means mandatory locking, chmod(2) */
	if (st.st_mode & S_ISGID && st.st_mode & S_IXGRP &&
	    st.st_gid != getgid())
		return launch_format("is set-gid to group %u: the loader drops "
				     "the library; run vsockwrap in that group",
				     (unsigned)st.st_gid);
	if (getuid() && getxattr(path, "security.capability", NULL, 0) > 0)
		return launch_format("has file capabilities: the loader drops "
				     "the library; use a copy without them "
				     "(setcap -r) with ambient capabilities");
	return NULL;
}

/**
 * launch_diagnose_program() - Say so if the library cannot work in a program
 * @path:	one file of what will run
 * @force:	only warn
 *
 * Return: false where it must not be started
 */
bool launch_diagnose_program(const char *path, bool force)
{
	char *problem = check_privileges(path);

	if (!problem)
		problem = check_elf(path);
	if (!problem)
		return true;
	launch_warn("%s %s%s", path, problem,
		    force ? " (started unwrapped: --force)"
			  : ", or start it unwrapped with --force");
	free(problem);
	return force;
}

/* Is the proxy's own host routed?  Then it is meant to be used. */
static bool proxy_is_routed(const struct conf *c, const char *url)
{
	const char *scheme = strstr(url, "://"), *user;
	const struct rule *r;
	struct launch_host h;
	size_t len;

	if (scheme)
		url = scheme + 3;
	len = strcspn(url, "/?#");
	user = memrchr(url, '@', len);
	if (user) {
		len -= (size_t)(user + 1 - url);
		url = user + 1;
	}
	if (launch_host_parse(&h, url, len, 0))
		return false;
	r = h.literal ? route_by_addr(c, &h.addr, h.port)
		      : route_by_name(c, h.name, h.len, h.port);
	return r && r->verb == RULE_ROUTE;
}

static bool proxy_excludes_aws(void)
{
	const char *no = getenv("no_proxy");

	if (!no || !*no)
		no = getenv("NO_PROXY");
	return no && (!strcmp(no, "*") || strstr(no, "amazonaws.com"));
}

/**
 * launch_diagnose_proxy() - Warn if clients will ask a proxy instead of AWS
 *
 * The value is not shown: it may hold a password.
 */
void launch_diagnose_proxy(const struct conf *c)
{
	static const char *const names[] = { "https_proxy", "HTTPS_PROXY",
					     "all_proxy", "ALL_PROXY" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *url = getenv(names[i]);

		if (!url || !*url || proxy_is_routed(c, url) ||
		    proxy_excludes_aws())
			continue;
		launch_warn("%s is set: clients will resolve and connect to "
			    "the proxy, so no rule for AWS names applies; "
			    "unset it or add .amazonaws.com to NO_PROXY",
			    names[i]);
		return;
	}
}

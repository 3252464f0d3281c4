// SPDX-License-Identifier: GPL-3.0-or-later
/* dlopen(3) goes by who calls it, and plugins are not left out */
#include <dlfcn.h>
#include <limits.h>

#include "lib_plugin.h"
#include "probe.h"

static const char *path_of(const char *name)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", getenv("PROBE_DIR") ?: ".", name);
	return path;
}

static void *open_lib(const char *name, int flags)
{
	void *h = dlopen(path_of(name), flags);

	NEED(h, "%s", dlerror());
	return h;
}

#define SYMBOL(handle, name) ((__typeof__(&name))dlsym(handle, #name))

static void neighbour(void)
{
	__typeof__(&outer_open) open_;
	void *outer, *inner;

	probe_differs(DIFFER_DLOPEN);
	outer = open_lib("lib_outer.so", RTLD_NOW | RTLD_LOCAL);
	open_ = SYMBOL(outer, outer_open);
	NEED(open_);
	CHECK(!dlopen("lib_inner.so", RTLD_NOW), "we have no RUNPATH");
	inner = open_("lib_inner.so", RTLD_NOW | RTLD_LOCAL);
	NEED(inner, "%s", dlerror());
	CHECK_INT(SYMBOL(inner, inner_answer)(), 42);
	CHECK(!dlsym(RTLD_DEFAULT, "inner_answer"), "RTLD_LOCAL is not kept");
	dlclose(inner);
	dlclose(outer);
}

static void noload(void)
{
	__typeof__(&outer_open) open_;
	void *outer, *inner;

	probe_differs(DIFFER_DLOPEN);
	outer = open_lib("lib_outer.so", RTLD_NOW);
	open_ = SYMBOL(outer, outer_open);
	dlerror();
	CHECK(!open_("lib_inner.so", RTLD_NOW | RTLD_NOLOAD));
	inner = open_("lib_inner.so", RTLD_NOW);
	NEED(inner);
	CHECK(open_("lib_inner.so", RTLD_NOW | RTLD_NOLOAD) == inner);
	dlclose(inner);
	dlclose(inner);
	dlclose(outer);
}

static void errors(void)
{
	const char *text;

	dlerror();
	CHECK(!dlopen("lib_nothing.so", RTLD_NOW));
	text = dlerror() ?: "NULL";
	CHECK(!strcmp(text, "lib_nothing.so: cannot open shared object file: "
			    "No such file or directory"),
	      "%s", text);
	CHECK(!dlerror(), "told twice");
	CHECK(!dlopen("/dev/null", RTLD_NOW));
	text = dlerror() ?: "NULL";
	CHECK(strstr(text, "file too short"), "%s", text);
	CHECK(!dlopen(path_of("lib_inner.so"), 0));
	text = dlerror() ?: "NULL";
	CHECK(strstr(text, "invalid mode for dlopen()"), "%s", text);
	CHECK(dlopen(NULL, RTLD_NOW) != NULL);
	CHECK(!dlerror());
}

/* An error that was pending is still there after a dlopen() that works. */
static void pending_error(void)
{
	void *inner, *self = dlopen(NULL, RTLD_NOW);

	dlerror();
	CHECK(!dlsym(self, "no_such_symbol_at_all"));
	CHECK(dlerror() != NULL);
	inner = open_lib("lib_inner.so", RTLD_NOW);
	CHECK(!dlerror());
	dlclose(inner);
	dlclose(self);
}

static void plugin_of(int flags)
{
	void *h = open_lib("lib_plugin.so", flags);
	struct peer p = peer(AF_INET, PORT_ECHO);
	int fd = SYMBOL(h, plugin_dial)(&p.sa, p.len);

	NEED(fd >= 0);
	echo(fd);
	OK(close(fd));
	fd = SYMBOL(h, plugin_resolve)(probe_name(), "7001");
	NEED(fd >= 0);
	echo(fd);
	OK(close(fd));
	dlclose(h);
}

static void plugin(void)
{
	plugin_of(RTLD_NOW | RTLD_LOCAL);
	plugin_of(RTLD_LAZY | RTLD_GLOBAL);
}

static void deepbind(void)
{
	probe_differs(DIFFER_DLOPEN);
	plugin_of(RTLD_NOW | RTLD_DEEPBIND);
	plugin_of(RTLD_LAZY | RTLD_LOCAL | RTLD_DEEPBIND);
}

static void constructor(void)
{
	void *h = open_lib("lib_ctor.so", RTLD_NOW | RTLD_LOCAL);
	int *fd = dlsym(h, "ctor_literal"), *named = dlsym(h, "ctor_named");

	NEED(fd && *fd >= 0);
	echo(*fd);
	NEED(named && *named >= 0);
	echo(*named);
	OK(close(*fd));
	OK(close(*named));
	dlclose(h);
}

PROBE_MAIN({ "a library opens its neighbour by bare name", neighbour },
	   { "RTLD_NOLOAD", noload }, { "dlerror() after failures", errors },
	   { "dlerror() after success", pending_error },
	   { "a plugin connects", plugin },
	   { "a plugin opened with RTLD_DEEPBIND connects", deepbind },
	   { "a plugin's constructor connects", constructor })

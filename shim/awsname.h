/* SPDX-License-Identifier: GPL-3.0-or-later */
/* awsname: is this host name an AWS endpoint?  Pure. */
#ifndef AWSNAME_H
#define AWSNAME_H

#include <stdbool.h>
#include <stddef.h>

bool awsname_match(const char *name, size_t len);

#endif

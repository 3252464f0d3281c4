/* SPDX-License-Identifier: GPL-3.0-or-later */
/* env: the variables this process was started with */
#ifndef ENV_H
#define ENV_H

const char *env_get(const char *name);

#endif

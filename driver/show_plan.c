// The plan, with the steps, for a person or a program.
#include "show_plan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dialogue/given.h"
#include "dialogue/outline.h"
#include "grow.h"
#include "host_steps.h"
#include "options/folder.h"
#include "plan/plan.h"
#include "report/plan_json.h"
#include "report/plan_text.h"
#include "routes.h"
#include "whole_plan.h"

static int add_host_steps(struct outline *steps, enum host_step first, enum host_step end,
                          const struct options *o, const struct plan *p) {
    int rc = 0;
    for (enum host_step i = first; rc == 0 && i < end; i++)
        if ((o->in_place ? host_steps[i].in_place : host_steps[i].overlay) &&
            (i != HOST_ENLARGE || p->resize))
            rc = outline_add(steps, host_steps[i].step, NULL, host_steps[i].title);
    return rc;
}

static int add_guest_steps(struct outline *steps, const struct scripts *scripts,
                           const struct options *o, const struct plan *p, struct failure *f) {
    struct vars *v = vars_new();
    int rc = -1;
    if (v == NULL || given_choices(v, o, p) != 0)
        (void)failure_no_memory(f);
    else
        rc = outline_dialogue(steps, scripts, routes[o->route].dialogue, v, f);
    vars_free(v);
    return rc;
}

static int make_steps(struct outline *steps, const struct scripts *scripts, const struct options *o,
                      const struct plan *p, struct failure *f) {
    if (p->verdict != PLAN_GROW)
        return 0;
    int rc = add_host_steps(steps, 0, HOST_GUEST_RUNS, o, p);
    if (rc == 0)
        rc = add_guest_steps(steps, scripts, o, p, f);
    if (rc == 0)
        rc = add_host_steps(steps, HOST_GUEST_RUNS, HOST_STEPS, o, p);
    return rc;
}

static int print(const struct plan *p, const struct options *o, const struct outline *steps,
                 struct failure *f) {
    int rc = 0;
    if (o->json) {
        json_t *json = plan_json(p, steps);
        rc = json == NULL ? -1 : json_dumpf(json, stdout, JSON_INDENT(2));
        json_decref(json);
        (void)fputc('\n', stdout);
    } else {
        plan_text_print(stdout, p, steps);
    }
    if (rc != 0)
        return failure_no_memory(f);
    if (fflush(stdout) != 0 || ferror(stdout))
        return failure_set(f, EXIT_ID_OUTPUT_UNWRITABLE, "", "the output cannot be written: %s",
                           strerror(errno));
    return 0;
}

json_t *plan_of_run(const struct options *o, const struct scripts *scripts, const struct plan *p) {
    struct outline steps = {0};
    struct failure ignored;
    json_t *json = make_steps(&steps, scripts, o, p, &ignored) == 0 ? plan_json(p, &steps) : NULL;
    outline_free(&steps);
    return json;
}

int show_plan(const struct options *o, struct report *r, struct failure *f) {
    struct plan p;
    struct outline steps = {0};
    (void)r;
    whole_plan(&p, o, NULL);
    char *folder = scripts_folder(o->scripts, f);
    struct scripts *scripts = folder == NULL ? NULL : scripts_load(folder, f);
    int rc = scripts == NULL ? -1 : make_steps(&steps, scripts, o, &p, f);
    free(folder);
    if (rc == 0)
        rc = print(&p, o, &steps, f);
    if (rc == 0)
        rc = reasons_failure(&p.reasons, f);
    if (rc == 0 && p.verdict == PLAN_UNCHANGED)
        rc = GROW_UNCHANGED;
    outline_free(&steps);
    scripts_free(scripts);
    plan_free(&p);
    return rc;
}

// Lock, plan, overlay, guest, console, dialogue, proof, commit: in this order, each with what the
// one before has made.
#include "grow.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "attempts.h"
#include "base/monotonic.h"
#include "base/run.h"
#include "base/signals.h"
#include "choose_accel.h"
#include "dialogue/script.h"
#include "get_iso.h"
#include "guest/enlarge.h"
#include "host_steps.h"
#include "options/folder.h"
#include "outputs.h"
#include "plan/plan.h"
#include "proof/proof.h"
#include "proof/write.h"
#include "record/record.h"
#include "show_plan.h"
#include "work/work.h"

static int load_scripts(struct run *run, struct failure *f) {
    char *folder = scripts_folder(run->o->scripts, f);
    if (folder == NULL)
        return -1;
    run->scripts = scripts_load(folder, f);
    free(folder);
    return run->scripts == NULL ? -1 : 0;
}

static int make_plan(struct run *run, struct failure *f) {
    const struct plan_request request = {.disk = run->o->disk,
                                         .size = run->o->size,
                                         .format = run->o->format,
                                         .qemu_img = run->o->qemu_img,
                                         .in_place = run->o->in_place};
    const int result = plan_make(&run->plan, &request, f);
    run->planned = true;
    if (result == 0 && run->work.lock < 0)
        return failure_set(f, EXIT_ID_DISK_CHANGED, "run again",
                           "the disk was put there during this run");
    return result;
}

static int take_disk(struct run *run, struct failure *f) {
    if (work_open(&run->work, run->o->disk, run->o->qemu_img, f) != 0)
        return -1;
    return work_tidy(&run->work, run->report, f);
}

// The last thing that can be refused, since it may have to be fetched.
static int find_iso(struct run *run, struct failure *f) {
    if (get_iso(&run->iso, run->o, run->report, f) != 0)
        return -1;
    run->options = *run->o;
    run->options.iso = run->iso.path;
    run->o = &run->options;
    return plan_judge_iso(&run->plan, run->iso.look.e2fsprogs, f);
}

// What run_program starts.
static void see_program(void *record, char *const argv[], const int *status) {
    if (status == NULL)
        record_command(record, argv);
    else
        record_exit(record, argv[0], WIFEXITED(*status) ? WEXITSTATUS(*status) : 0,
                    WIFSIGNALED(*status) ? WTERMSIG(*status) : 0, true);
}

static void host_step(const struct run *run, enum host_step i) {
    report_step(run->report, host_steps[i].step, host_steps[i].title);
}

// --in-place.
static int enlarge(struct run *run, enum stage *stage, struct failure *f) {
    if (run->plan.resize) {
        host_step(run, HOST_ENLARGE);
        // From here on nobody can be sure that nothing was written.
        *stage = STAGE_ENLARGED;
        if (disk_enlarge(&run->plan, run->o->qemu_img, signals_fd(), f) != 0)
            return -1;
    }
    *stage = STAGE_ENLARGED;
    return 0;
}

// What the guest will work on.
static int make_disk(struct run *run, enum stage *stage, struct failure *f) {
    if (run->o->in_place) {
        report_note(run->report, "in place: a run that fails or is killed leaves the disk in the "
                                 "middle of the work");
        return enlarge(run, stage, f);
    }
    host_step(run, HOST_OVERLAY);
    if (work_begin(&run->work, &run->plan, f) != 0)
        return -1;
    return work_enter(&run->work, PHASE_GUEST, f);
}

// A person had the console, or was to have it.
static void tell_person(struct run *run) {
    const struct person_story *p = machine_person(run->talk.machine);
    const char *wish = run->o->interact;
    if (p->visits > 0)
        report_note(run->report,
                    "a person had the console %u %s, at last at %s, and sent %" PRIu64
                    " bytes; what is proved above counts",
                    p->visits, p->visits == 1 ? "time" : "times", p->at, p->keys);
    if (wish != NULL && strcmp(wish, person_on_failure) != 0 && !p->met)
        report_note(run->report, "the state %s of --interact was not come to", wish);
    if (run->o->pause_at != NULL && !p->paused)
        report_note(run->report, "the state %s of --pause-at was not come to", run->o->pause_at);
}

// What the guest has written is right: into the disk with it, which is then proved, too.
static int commit(struct run *run, struct disk_state *after, struct failure *f) {
    host_step(run, HOST_COMMIT);
    if (work_commit(&run->work, f) != 0)
        return -1;
    host_step(run, HOST_PROVE_DISK);
    if (proof_check(after, &run->plan, run->o->qemu_img, f) != 0)
        return -1;
    return work_finish(&run->work, f);
}

// The proof as a file, before anything is committed: who asks for it gets no disk without it.
static int write_proof(const struct run *run, const struct proof *proof,
                       const struct proof_subject *s, struct failure *f) {
    const double now = monotonic_seconds();
    const struct proof_phase phases[] = {{"guest", run->talk.ended - run->talk.started},
                                         {"until_proved", now - run->started}};
    struct proof_session session = {.route = route_words[run->o->route],
                                    .outcome = proof->ok ? "proved" : "failed",
                                    .iso = &run->iso,
                                    .person = machine_person(run->talk.machine),
                                    .phases = phases,
                                    .phase_count = sizeof phases / sizeof phases[0]};
    record_proof(run->record, proof_json(proof, &run->plan, s, &session));
    if (run->o->proof == NULL)
        return 0;
    session.qemu = run->o->qemu;
    session.qemu_img = run->o->qemu_img;
    return proof_write(run->o->proof, proof, &run->plan, s, &session, f);
}

// Proves what the guest has written. A proof that failed is told and written, too.
static int prove_guest(struct run *run, struct proof *proof, struct failure *f) {
    const bool overlay = !run->o->in_place;
    struct proof_subject s = {.path = run->guest.disk,
                              .format = run->guest.format,
                              .base_path = overlay ? run->plan.disk : NULL,
                              .base_format = overlay ? run->plan.format : NULL,
                              .overlay = overlay,
                              .before = &run->before,
                              .digests = run->o->proof != NULL};
    s.repairs = list_get(run->talk.vars, "repair", &s.repair_count);
    host_step(run, HOST_PROVE_GUEST);
    if (proof_run(proof, &run->plan, &s, run->o->qemu_img, f) == 0)
        return write_proof(run, proof, &s, f);
    if (f->id == EXIT_ID_PROOF_FAILED) {
        report_proof(run->report, &run->plan, proof, s.repairs, s.repair_count);
        (void)write_proof(run, proof, &s, NULL); // why the proof failed is what is to be told
    }
    return -1;
}

static int prove(struct run *run, struct failure *f) {
    struct proof proof = {.e2fsck_code = -1};
    size_t repairs = 0;
    char *const *lines = list_get(run->talk.vars, "repair", &repairs);
    if (!run->o->in_place && work_enter(&run->work, PHASE_PROOF, f) != 0)
        return -1;
    int rc = prove_guest(run, &proof, f);
    struct disk_state after = proof.after;
    if (rc == 0 && !run->o->in_place)
        rc = commit(run, &after, f);
    if (rc == 0) {
        report_end(run->report, true);
        report_result(run->report, &run->plan, &after, &proof, lines, repairs,
                      monotonic_seconds() - run->started);
        report_note(run->report, "ISO: %s", run->iso.how);
        if (run->o->route != ROUTE_RUNBOOK)
            report_note(run->report, "Route: %s", route_words[run->o->route]);
        tell_person(run);
    }
    proof_free(&proof);
    return rc;
}

static void run_end(struct run *run) {
    attempts_end(run);
    if (run->mdev_log != NULL)
        (void)fclose(run->mdev_log);
    if (run->planned)
        plan_free(&run->plan);
    iso_free(&run->iso);
    scripts_free(run->scripts);
    work_free(&run->work);
}

static int grow_all(struct run *run, enum stage *stage, struct failure *f) {
    // Everything that can be known to be wrong is known before the disk is touched.
    const struct person_wish wish = {.interact = run->o->interact, .pause_at = run->o->pause_at};
    if (load_scripts(run, f) != 0 || person_check(&wish, run->scripts, f) != 0 ||
        qemu_find(run->o->qemu, f) != 0 || take_disk(run, f) != 0 || make_plan(run, f) != 0)
        return -1;
    if (run->plan.verdict == PLAN_UNCHANGED) {
        report_unchanged(run->report, &run->plan);
        return GROW_UNCHANGED;
    }
    if (proof_before(&run->before, &run->plan, run->o->in_place, run->o->qemu_img, f) != 0 ||
        find_iso(run, f) != 0 ||
        choose_accel(&run->accel, &run->options, &run->iso, run->scripts, run->report, f) != 0 ||
        attempts_prepare(run, f) != 0 || outputs_open(run, f) != 0)
        return -1;
    report_plan(run->report, &run->plan);
    record_plan(run->record, plan_of_run(run->o, run->scripts, &run->plan));
    if (make_disk(run, stage, f) != 0 || attempts_run(run, stage, f) != 0 || prove(run, f) != 0)
        return -1;
    return outputs_mdev_log(run, f);
}

// The last events of a run.
static void record_outcome(struct run *run, int result, enum stage stage, const struct failure *f) {
    const enum exit_id id = result < 0                 ? f->id
                            : result == GROW_UNCHANGED ? EXIT_ID_UNCHANGED
                                                       : EXIT_ID_OK;
    if (result < 0) {
        json_t *diagnosis = run->talk.diagnosis;
        record_failure(run->record, f, stage_rows[stage].name, json_incref(diagnosis));
        report_keep_diagnosis(run->report, diagnosis, record_folder(run->record));
    }
    record_end(run->record, exit_rows[id].code);
}

int grow(const struct options *o, struct report *r, enum stage *stage, struct failure *f) {
    struct run run = {.o = o,
                      .report = r,
                      .talk = {.state = -1},
                      .started = monotonic_seconds(),
                      .work = {.lock = -1, .copy_lock = -1}};
    *stage = STAGE_UNTOUCHED;
    if (o->max_time_s > 0)
        signals_limit(o->max_time_s);
    run.record = record_new(run.started);
    if (run.record == NULL)
        return failure_no_memory(f);
    run_watch(see_program, run.record);
    const int result = grow_all(&run, stage, f);
    run_watch(NULL, NULL);
    if (result < 0 && *stage == STAGE_UNTOUCHED)
        report_refusals(r, &run.plan.reasons);
    report_end(r, result >= 0);
    if (result < 0 && !o->in_place)
        *stage = work_give_up(&run.work);
    if (result < 0)
        record_clean(run.record, f->what, strlen(f->what));
    record_clean_json(run.record, run.talk.diagnosis);
    record_outcome(&run, result, *stage, f);
    const char *open = record_folder(run.record);
    char *folder = open != NULL ? strdup(open) : NULL;
    run_end(&run);
    (void)record_close(run.record, NULL); // what was written is written
    struct failure of_page;
    const int page = outputs_page(o, folder, r, result < 0 ? &of_page : f);
    if (page != 0 && result < 0)
        report_note(r, "%s", of_page.what);
    free(folder);
    return result < 0 || page == 0 ? result : -1;
}

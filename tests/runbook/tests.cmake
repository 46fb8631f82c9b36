# The runbook for a person. The one for Expect is run by the fake guest's cases (fake/runbooks.py).
if(Python3_FOUND)
  add_test(NAME plan/runbook COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/runbook/md.py
                                     $<TARGET_FILE:qemu-grow>)
  set_tests_properties(plan/runbook PROPERTIES LABELS plan TIMEOUT 1200)
endif()

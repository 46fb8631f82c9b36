# The README's recipes for many disks, with the fake guest: GNU parallel, the same over ssh, a Slurm job array.
set(MANY_SKIPPED 77)
if(Python3_FOUND)
  foreach(way parallel ssh slurm)
    add_test(NAME many/${way} COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/many/many.py
                                      $<TARGET_FILE:qemu-grow> ${way})
    set_tests_properties(many/${way} PROPERTIES LABELS many TIMEOUT 1800 SKIP_RETURN_CODE ${MANY_SKIPPED})
  endforeach()
endif()

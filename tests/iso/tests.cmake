# The ISO: found, fetched, verified. All on loopback, against servers of its own (see README.md beside this file).
set(ISO_DATA ${CMAKE_CURRENT_BINARY_DIR}/iso/data)
find_package(Python3 COMPONENTS Interpreter)

# add_iso_test(NAME LABEL SCRIPT ARG...)
function(add_iso_test name label script)
  set(work ${CMAKE_CURRENT_BINARY_DIR}/iso/${name})
  add_test(NAME iso/${name} COMMAND Python3::Interpreter -B ${PROJECT_SOURCE_DIR}/tests/iso/${script}
                                    $<TARGET_FILE:qemu-grow> ${ISO_DATA} ${work} ${ARGN})
  # The time only ends what hangs.
  set_tests_properties(iso/${name} PROPERTIES LABELS ${label} TIMEOUT 1800 FIXTURES_REQUIRED iso_data)
endfunction()

if(Python3_FOUND)
  add_test(NAME iso/data COMMAND sh ${PROJECT_SOURCE_DIR}/tests/iso/make.sh ${ISO_DATA})
  set_tests_properties(iso/data PROPERTIES LABELS "iso;soak" TIMEOUT 1800 FIXTURES_SETUP iso_data)
  add_iso_test(cases iso cases.py)
  add_iso_test(nginx iso nginx.py)
  add_iso_test(kills iso kills.py 5)
  add_iso_test(kills-50 soak kills.py 50)
endif()

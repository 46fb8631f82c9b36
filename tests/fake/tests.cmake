# The program with the fake guest, in four parts that can run at a time.
find_package(Python3 COMPONENTS Interpreter)
if(Python3_FOUND)
  foreach(part RANGE 1 4)
    add_test(NAME fake/${part} COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/fake/run.py
                                       $<TARGET_FILE:qemu-grow> --jobs=1 --shard=${part}/4)
    set_tests_properties(fake/${part} PROPERTIES LABELS fake TIMEOUT 1800)
  endforeach()
  # The driver's patience in real time: next to no work.
  add_test(NAME fake/patience COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/fake/run.py
                                      $<TARGET_FILE:qemu-grow> --slow --jobs=6)
  set_tests_properties(fake/patience PROPERTIES LABELS slow TIMEOUT 1800)
endif()

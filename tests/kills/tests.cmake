# Killed runs with the fake guest, and their recovery: a selection for CI, and all of them.
if(Python3_FOUND)
  add_test(NAME kills/some COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/kills/kills.py
                                   $<TARGET_FILE:qemu-grow> --jobs=2 --moments=20 --thin=9)
  set_tests_properties(kills/some PROPERTIES LABELS fake TIMEOUT 1800)
  add_test(NAME kills/direct COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/kills/kills.py
                                     $<TARGET_FILE:qemu-grow> --jobs=2 --route=direct --formats=raw --sets=phases,moments
                                     --moments=6 --thin=2)
  set_tests_properties(kills/direct PROPERTIES LABELS fake TIMEOUT 1800)
  add_test(NAME kills/all COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/kills/kills.py
                                  $<TARGET_FILE:qemu-grow> --jobs=2)
  set_tests_properties(kills/all PROPERTIES LABELS soak TIMEOUT 7200)
endif()

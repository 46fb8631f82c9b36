# --report's page: what it is made of, checked without a browser; and in headless Chromium, where there are chromium, node and
# npm (packages.txt's group browser), else skipped.
add_test(NAME report/page COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/report/page.py $<TARGET_FILE:qemu-grow>)
set_tests_properties(report/page PROPERTIES LABELS report TIMEOUT 600)
add_shell_test(report/browser browser 1200 report/browser.sh $<TARGET_FILE:qemu-grow> ${CMAKE_BINARY_DIR})
set_tests_properties(report/browser PROPERTIES SKIP_RETURN_CODE 77)

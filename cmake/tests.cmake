# kc_test(NAME FILE): one cmocka program per noun. kc_script_test(NAME SCRIPT [ARGS]): a script that gets the program's
# path in KEYCUSTODY and the source tree in SOURCE_DIR; exit 77 counts as skipped, and the script says why.
function(kc_test name file)
  add_executable(${name} ${file})
  kc_warnings(${name})
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR}/tests)
  target_link_libraries(${name} PRIVATE kc PkgConfig::CMOCKA)
  add_test(NAME ${name} COMMAND ${name} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(${name} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 600
    ENVIRONMENT "KEYCUSTODY=$<TARGET_FILE:keycustody>;SOURCE_DIR=${CMAKE_SOURCE_DIR};BUILD_DIR=${CMAKE_BINARY_DIR}")
endfunction()

function(kc_script_test name script)
  add_test(NAME ${name} COMMAND ${CMAKE_SOURCE_DIR}/${script} ${ARGN} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(${name} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 2400
    ENVIRONMENT "KEYCUSTODY=$<TARGET_FILE:keycustody>;SOURCE_DIR=${CMAKE_SOURCE_DIR};BUILD_DIR=${CMAKE_BINARY_DIR}")
endfunction()

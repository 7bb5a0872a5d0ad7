# The tests written in Python, one line each.
foreach(lint layers sizes errors words)
  sqb_script_test(lint_${lint} lint/${lint}.py ${PROJECT_SOURCE_DIR})
  sqb_script_test(lint_${lint}_can_fail lint/${lint}.py --self-test)
endforeach()
sqb_script_test(lint_exports lint/exports.py $<TARGET_FILE:sqbackup>)
sqb_script_test(lint_exports_can_fail lint/exports.py --self-test ${CMAKE_CXX_COMPILER})

sqb_script_test(hosts hosts/run.py $<TARGET_FILE:sqbackup> ${PROJECT_SOURCE_DIR}/build/hosts)
set_property(TEST hosts APPEND PROPERTY LABELS slow)
set_property(TEST hosts PROPERTY TIMEOUT 600)

# scripts/demo itself is run by scripts/test.
sqb_script_test(demo_of_a_file demo/harmless_test.py ${PROJECT_SOURCE_DIR}/scripts/demo.py $<TARGET_FILE:sqbackup>)
set_property(TEST demo_of_a_file PROPERTY TIMEOUT 300)

# Not a test of the module: without the label "script", since the release build has no cron_next.
add_executable(cron_next interop/cron_next.cc)
target_link_libraries(cron_next PRIVATE sqb_sched)
add_test(NAME interop_schedules
  COMMAND ${PYTHON} -B ${CMAKE_CURRENT_SOURCE_DIR}/interop/schedules.py $<TARGET_FILE:cron_next>)
set_tests_properties(interop_schedules PROPERTIES LABELS slow TIMEOUT 1200 COST 100)  # starts first

# The same: a program of its own.
add_executable(deliver_alerts interop/deliver_alerts.cc)
target_link_libraries(deliver_alerts PRIVATE sqb_net)
add_test(NAME interop_alerts
  COMMAND ${PYTHON} -B ${CMAKE_CURRENT_SOURCE_DIR}/interop/alerts.py $<TARGET_FILE:deliver_alerts> $<TARGET_FILE:sqbackup>)
set_tests_properties(interop_alerts PROPERTIES LABELS slow TIMEOUT 300)

add_executable(zstd_codec interop/zstd_codec.cc)
target_link_libraries(zstd_codec PRIVATE sqb_codec)
target_include_directories(zstd_codec PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
add_test(NAME interop_zstd
  COMMAND ${PYTHON} -B ${CMAKE_CURRENT_SOURCE_DIR}/interop/zstd.py $<TARGET_FILE:zstd_codec>)
set_tests_properties(interop_zstd PROPERTIES ENVIRONMENT "${SQB_TEST_ENVIRONMENT}" TIMEOUT 300)

# The same: a program of its own.
add_executable(age_file interop/age_file.cc)
target_link_libraries(age_file PRIVATE sqb_codec)
add_test(NAME interop_age
  COMMAND ${PYTHON} -B ${CMAKE_CURRENT_SOURCE_DIR}/interop/age.py $<TARGET_FILE:age_file>)
set_tests_properties(interop_age PROPERTIES LABELS slow TIMEOUT 300 ENVIRONMENT "${SQB_TEST_ENVIRONMENT}")

# The same, with Debian's jq and Python's json.
add_executable(json_snapshot interop/json_snapshot.cc support/sqlite_api.cc)
target_include_directories(json_snapshot PRIVATE ${PROJECT_SOURCE_DIR}/tests)
target_link_libraries(json_snapshot PRIVATE sqb_engine SQLite::SQLite3)
add_test(NAME interop_json_snapshot
  COMMAND ${PYTHON} -B ${CMAKE_CURRENT_SOURCE_DIR}/interop/json_snapshot.py $<TARGET_FILE:json_snapshot>)
set_tests_properties(interop_json_snapshot PROPERTIES LABELS slow TIMEOUT 300 ENVIRONMENT "${SQB_TEST_ENVIRONMENT}")

# The same, with boto3 and a Ceph RADOS Gateway.
add_executable(s3_store interop/s3_store.cc)
target_link_libraries(s3_store PRIVATE sqb_store)
add_test(NAME interop_s3 COMMAND ${PYTHON} -B ${CMAKE_CURRENT_SOURCE_DIR}/interop/s3.py $<TARGET_FILE:s3_store>
  ${CMAKE_CURRENT_SOURCE_DIR}/support/rgw.sh)
set_tests_properties(interop_s3 PROPERTIES LABELS slow TIMEOUT 300 ENVIRONMENT "${SQB_TEST_ENVIRONMENT}")

add_test(NAME interop_offsite COMMAND ${PYTHON} -B ${CMAKE_CURRENT_SOURCE_DIR}/interop/offsite.py $<TARGET_FILE:sqbackup>
  ${CMAKE_CURRENT_SOURCE_DIR}/support/rgw.sh)
set_tests_properties(interop_offsite PROPERTIES LABELS slow TIMEOUT 300 ENVIRONMENT "${SQB_TEST_ENVIRONMENT}")

# The suite over all stores, in a Ceph RADOS Gateway.
add_test(NAME conformance_s3 COMMAND ${PYTHON} -B ${CMAKE_CURRENT_SOURCE_DIR}/conformance/s3.py
  $<TARGET_FILE:conformance> ${CMAKE_CURRENT_SOURCE_DIR}/support/rgw.sh)
set_tests_properties(conformance_s3 PROPERTIES LABELS slow TIMEOUT 600 ENVIRONMENT "${SQB_TEST_ENVIRONMENT}")

sqb_script_test(interop_metrics interop/metrics.py $<TARGET_FILE:sqbackup>)
set_property(TEST interop_metrics APPEND PROPERTY LABELS slow)

sqb_script_test(secrets secrets/secrets_test.py $<TARGET_FILE:sqbackup>)
set_property(TEST secrets APPEND PROPERTY LABELS slow)
set_property(TEST secrets PROPERTY TIMEOUT 300)

sqb_script_test(sql_golden sql/run.py $<TARGET_FILE:sqbackup>)
sqb_script_test(sql_docs sql/docs.py $<TARGET_FILE:sqbackup> ${PROJECT_SOURCE_DIR})

sqb_script_test(bench_works bench/run.py $<TARGET_FILE:sqbackup> --quick)
set_property(TEST bench_works APPEND PROPERTY LABELS slow)
set_property(TEST bench_works PROPERTY TIMEOUT 300)

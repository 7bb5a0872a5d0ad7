#include "store/job_file.h"

#include "support/temp_dir.h"
#include "support/test.h"

using namespace sqbackup;
using namespace sqbackup_test;

TEST_CASE("a job's progress is read by others as it was written last") {
  TempDir temp;
  FileEnv& files = posix_file_env();
  auto job = JobFile::create(files, temp.path(), 7);
  REQUIRE(job != nullptr);
  CHECK_FALSE(read_job_file(files, temp.path(), 7).has_value());
  job->write({"copying", 18446744073709551615U, 10, 20});
  job->write({"counting", 1, 2, 3});
  const auto progress = read_job_file(files, temp.path(), 7);
  REQUIRE(progress.has_value());
  CHECK(progress->phase == "counting");
  CHECK(progress->done == 1);
  CHECK(progress->total == 2);
  CHECK(progress->milliseconds == 3);
  job.reset();
  CHECK(names_in(temp.path()).empty());
}

TEST_CASE("what a dead job left is replaced, and nonsense is no progress") {
  TempDir temp;
  FileEnv& files = posix_file_env();
  write_whole_file(temp.path_of(".job-7"), "left by the dead");
  CHECK_FALSE(read_job_file(files, temp.path(), 7).has_value());
  write_whole_file(temp.path_of(".job-8"), std::string(96, 'x'));
  CHECK_FALSE(read_job_file(files, temp.path(), 8).has_value());
  auto job = JobFile::create(files, temp.path(), 7);
  REQUIRE(job != nullptr);
  job->write({"copying", 5, 0, 1});
  CHECK(read_job_file(files, temp.path(), 7)->done == 5);
  remove_job_file(files, temp.path(), 8);
  CHECK(names_in(temp.path()) == std::vector<std::string>{".job-7"});
}

TEST_CASE("where no job file can be made there is none, which is no error") {
  CHECK(JobFile::create(posix_file_env(), "/nonexistent", 1) == nullptr);
}

// JobFile: how far a running job is, for other processes to read: a small file ".job-ID" in the backup
// directory, rewritten in place and never synced. It means something only while run ID is alive
// (lock_bytes.h).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/file_env.h"
#include "base/status.h"

namespace sqbackup {

struct JobProgress {
  std::string phase;
  std::uint64_t done = 0;
  std::uint64_t total = 0;         // 0: unknown
  std::uint64_t milliseconds = 0;  // since the phase began
};

class JobFile {
 public:
  // A file left by a run of the same id is replaced. Without a writable directory there is none, which is no
  // error.
  static std::unique_ptr<JobFile> create(FileEnv& files, const std::string& directory, std::int64_t run_id);
  ~JobFile();  // removes it
  JobFile(const JobFile&) = delete;
  JobFile& operator=(const JobFile&) = delete;

  void write(const JobProgress& progress);  // a job does not fail because its progress cannot be told

 private:
  JobFile(FileEnv& files, std::string path, std::unique_ptr<WritableFile> file);
  FileEnv& files_;
  std::string path_;
  std::unique_ptr<WritableFile> file_;
  bool begun_ = false;
};

std::optional<JobProgress> read_job_file(FileEnv& files, const std::string& directory, std::int64_t run_id);

// The run that a file of this name belongs to; nullopt: it is no job file.
std::optional<std::int64_t> run_of_job_file(std::string_view file_name);

// What a dead run left.
void remove_job_file(FileEnv& files, const std::string& directory, std::int64_t run_id);

}  // namespace sqbackup

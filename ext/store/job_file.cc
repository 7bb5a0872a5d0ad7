#include "store/job_file.h"

#include <array>
#include <charconv>
#include <new>
#include <vector>

namespace sqbackup {
namespace {

constexpr std::size_t kFileSize =
    96;  // "DONE TOTAL MILLISECONDS PHASE", padded with spaces, so that one write replaces the other

constexpr std::string_view kPrefix = ".job-";

std::string path_of(const std::string& directory, std::int64_t run_id) {
  return join_path(directory, std::string(kPrefix) + std::to_string(run_id));
}

}  // namespace

std::unique_ptr<JobFile> JobFile::create(FileEnv& files, const std::string& directory, std::int64_t run_id) {
  const std::string path = path_of(directory, run_id);
  static_cast<void>(files.remove(path));
  auto file = files.create(path);
  if (!file.ok()) return nullptr;
  return std::unique_ptr<JobFile>(new JobFile(files, path, std::move(file).value()));
}

JobFile::JobFile(FileEnv& files, std::string path, std::unique_ptr<WritableFile> file)
    : files_(files), path_(std::move(path)), file_(std::move(file)) {}

JobFile::~JobFile() {
  try {
    static_cast<void>(files_.remove(path_));
  } catch (const std::bad_alloc&) {  // BackupDirectory::clear_leftovers() will
  }
}

void JobFile::write(const JobProgress& progress) {
  std::string text = std::to_string(progress.done) + " " + std::to_string(progress.total) + " " +
                     std::to_string(progress.milliseconds) + " " + progress.phase;
  text.resize(kFileSize, ' ');
  static_cast<void>(begun_ ? file_->write_at(0, as_bytes(text)) : file_->append(as_bytes(text)));
  begun_ = true;
}

std::optional<JobProgress> read_job_file(FileEnv& files, const std::string& directory, std::int64_t run_id) {
  auto file = files.open(path_of(directory, run_id), /*follow_symlink=*/false);
  if (!file.ok()) return std::nullopt;
  std::array<std::uint8_t, kFileSize> bytes{};
  auto size = (*file)->read_at(0, bytes);
  if (!size.ok() || *size != kFileSize) return std::nullopt;
  const std::string text(bytes.begin(), bytes.end());
  JobProgress progress;
  const char* at = text.data();
  const char* end = at + text.size();
  for (std::uint64_t* number : {&progress.done, &progress.total, &progress.milliseconds}) {
    const auto parsed = std::from_chars(at, end, *number);
    if (parsed.ec != std::errc() || parsed.ptr == end) return std::nullopt;
    at = parsed.ptr + 1;
  }
  progress.phase.assign(at, end);
  progress.phase.erase(progress.phase.find_last_not_of(' ') + 1);
  return progress;
}

std::optional<std::int64_t> run_of_job_file(std::string_view file_name) {
  if (!file_name.starts_with(kPrefix)) return std::nullopt;
  const std::string_view digits = file_name.substr(kPrefix.size());
  std::int64_t run = 0;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), run);
  if (parsed.ec != std::errc() || parsed.ptr != digits.data() + digits.size() || run < 0) return std::nullopt;
  return run;
}

void remove_job_file(FileEnv& files, const std::string& directory, std::int64_t run_id) {
  static_cast<void>(files.remove(path_of(directory, run_id)));
}

}  // namespace sqbackup

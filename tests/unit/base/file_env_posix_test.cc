#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>

#include "base/file_env.h"
#include "support/child.h"
#include "support/temp_dir.h"
#include "support/test.h"

using namespace sqbackup;
using namespace sqbackup_test;

namespace {

FileEnv& env() { return posix_file_env(); }

mode_t mode_of(const std::string& path) {
  struct stat status;
  REQUIRE(::lstat(path.c_str(), &status) == 0);
  return status.st_mode & 07777;
}

std::unique_ptr<WritableFile> created(const std::string& path) {
  auto file = env().create(path);
  REQUIRE(file.ok());
  return std::move(file).value();
}

std::string read_through_env(const std::string& path) {
  const auto file = env().open(path, false);
  REQUIRE(file.ok());
  std::array<std::uint8_t, 256> buffer;
  const auto size = (*file)->read_at(0, buffer);
  REQUIRE(size.ok());
  return std::string(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(*size));
}

}  // namespace

TEST_CASE("a symbolic link is not opened where links are not followed, and is where they are") {
  TempDir dir;
  write_whole_file(dir.path_of("target"), "content");
  REQUIRE(::symlink("target", dir.path_of("link").c_str()) == 0);
  REQUIRE(::symlink("nowhere", dir.path_of("dangling").c_str()) == 0);
  CHECK(env().open(dir.path_of("link"), false).status().is(Error::kNotAnOrdinaryFile));
  CHECK(env().open(dir.path_of("dangling"), false).status().is(Error::kNotAnOrdinaryFile));
  CHECK(env().open(dir.path_of("dangling"), true).status().is(Error::kNoSuchFile));
  CHECK(env().open(dir.path_of("link"), true).ok());
}

TEST_CASE("what is no regular file is not opened, whether links are followed or not") {
  TempDir dir;
  REQUIRE(::mkfifo(dir.path_of("fifo").c_str(), 0600) == 0);  // must not hang
  REQUIRE(::mkdir(dir.path_of("directory").c_str(), 0700) == 0);
  REQUIRE(::symlink("fifo", dir.path_of("link").c_str()) == 0);
  for (bool follow : {false, true}) {
    CHECK(env().open(dir.path_of("fifo"), follow).status().is(Error::kNotAnOrdinaryFile));
    CHECK(env().open(dir.path_of("directory"), follow).status().is(Error::kNotAnOrdinaryFile));
    CHECK(env().open("/dev/null", follow).status().is(Error::kNotAnOrdinaryFile));
    CHECK(env().open(dir.path_of("link"), follow).status().is(Error::kNotAnOrdinaryFile));
  }
}

TEST_CASE("a path with a NUL byte in it is refused, not cut") {
  TempDir dir;
  write_whole_file(dir.path_of("a"), "content");
  const std::string path = dir.path_of("a") + std::string("\0b", 2);
  CHECK(env().open(path, false).status().is(Error::kBadArgument));
  CHECK(env().create(path).status().is(Error::kBadArgument));
  CHECK(env().info(path, false).status().is(Error::kBadArgument));
  CHECK(env().canonical(path).status().is(Error::kBadArgument));
  CHECK(env().make_directory(path).is(Error::kBadArgument));
  CHECK(names_in(dir.path()) == std::vector<std::string>{"a"});
}

TEST_CASE("an error names the operation, the path and the reason") {
  TempDir dir;
  const std::string path = dir.path_of("missing");
  const auto opened = env().open(path, false);
  CHECK(opened.status().is(Error::kNoSuchFile));
  CHECK(opened.status().message() == "cannot open '" + path + "': No such file or directory");
}

TEST_CASE("a file is created only where nothing is, not even a dangling symbolic link") {
  TempDir dir;
  write_whole_file(dir.path_of("file"), "kept");
  REQUIRE(::symlink("elsewhere", dir.path_of("dangling").c_str()) == 0);
  REQUIRE(::mkdir(dir.path_of("directory").c_str(), 0700) == 0);
  for (const char* name : {"file", "dangling", "directory"}) {
    CHECK(env().create(dir.path_of(name)).status().is(Error::kAlreadyExists));
  }
  CHECK(read_whole_file(dir.path_of("file")) == "kept");
  CHECK_FALSE(path_exists(dir.path_of("elsewhere")));
  CHECK(env().create(dir.path_of("missing/file")).status().is(Error::kNoSuchFile));
}

TEST_CASE("a new file is for its owner alone, and not inherited by programs that are started") {
  TempDir dir;
  const mode_t before = ::umask(0);
  const auto file = created(dir.path_of("new"));
  ::umask(before);
  CHECK(mode_of(dir.path_of("new")) == 0600);
  const auto info = env().info(dir.path_of("new"), false);
  int found = 0;
  for (int descriptor = 0; descriptor < 256; ++descriptor) {
    if (!env().descriptor_is(descriptor, info->id)) continue;
    ++found;
    CHECK((::fcntl(descriptor, F_GETFD) & FD_CLOEXEC) != 0);
  }
  CHECK(found == 1);
}

TEST_CASE("what is appended, overwritten and cut is what is read") {
  TempDir dir;
  const std::string path = dir.path_of("file");
  auto file = created(path);
  REQUIRE(file->append(as_bytes("0123456789")).ok());
  file->start_writeback();
  REQUIRE(file->append(as_bytes("abc")).ok());
  REQUIRE(file->write_at(2, as_bytes("XY")).ok());
  REQUIRE(file->write_at(11, as_bytes("ZZ")).ok());
  CHECK(read_through_env(path) == "01XY456789aZZ");
  REQUIRE(file->truncate(4).ok());
  file->start_writeback();
  REQUIRE(file->append(as_bytes("end")).ok());
  CHECK(file->sync().ok());
  CHECK(file->sync().ok());
  CHECK(read_through_env(path) == "01XYend");
}

TEST_CASE("overwriting never extends a file") {
  TempDir dir;
  auto file = created(dir.path_of("file"));
  REQUIRE(file->append(as_bytes("1234")).ok());
  CHECK(file->write_at(3, as_bytes("56")).is(Error::kInternal));
  CHECK(file->write_at(5, as_bytes("")).is(Error::kInternal));
  CHECK(file->write_at(~std::uint64_t{0}, as_bytes("5")).is(Error::kInternal));
  CHECK(read_through_env(dir.path_of("file")) == "1234");
}

TEST_CASE("a read past the end gives what there is") {
  TempDir dir;
  write_whole_file(dir.path_of("file"), "0123456789");
  const auto file = env().open(dir.path_of("file"), false);
  REQUIRE(file.ok());
  std::array<std::uint8_t, 8> buffer = {};
  CHECK(*(*file)->read_at(6, buffer) == 4);
  CHECK(buffer[3] == '9');
  CHECK(*(*file)->read_at(10, buffer) == 0);
  CHECK(*(*file)->read_at(1000, buffer) == 0);
  CHECK((*file)->read_at(~std::uint64_t{0}, buffer).status().is(Error::kIoError));
  CHECK((*file)->info()->size == 10);
}

TEST_CASE("a full disk is told as such") {
  const auto full = env().open("/dev/full", true);
  CHECK(full.status().is(Error::kNotAnOrdinaryFile));
  TempDir dir;
  CHECK(run_in_child([&] {
          struct sigaction ignore = {};
          ignore.sa_handler = SIG_IGN;
          ::sigaction(SIGXFSZ, &ignore, nullptr);
          const struct rlimit limit = {1000, 1000};
          if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) return 1;
          auto file = env().create(dir.path_of("file"));
          if (!file.ok()) return 2;
          const std::string bytes(1001, 'x');  // the first thousand are a short write
          if (!(*file)->append(as_bytes(bytes)).is(Error::kDiskFull)) return 3;
          return env().info(dir.path_of("file"), false)->size == 1000 ? 0 : 4;
        }) == 0);
}

TEST_CASE("renaming replaces, and renaming as new does not") {
  TempDir dir;
  write_whole_file(dir.path_of("a"), "a");
  write_whole_file(dir.path_of("b"), "b");
  REQUIRE(::symlink("nowhere", dir.path_of("dangling").c_str()) == 0);
  CHECK(env().rename_new(dir.path_of("a"), dir.path_of("b")).is(Error::kAlreadyExists));
  CHECK(env().rename_new(dir.path_of("a"), dir.path_of("dangling")).is(Error::kAlreadyExists));
  CHECK(read_whole_file(dir.path_of("b")) == "b");
  CHECK(env().rename_new(dir.path_of("a"), dir.path_of("c")).ok());
  CHECK(read_whole_file(dir.path_of("c")) == "a");
  CHECK(env().rename(dir.path_of("c"), dir.path_of("b")).ok());
  CHECK(names_in(dir.path()) == std::vector<std::string>{"b", "dangling"});
  CHECK(read_whole_file(dir.path_of("b")) == "a");
  CHECK(env().rename(dir.path_of("missing"), dir.path_of("b")).is(Error::kNoSuchFile));
  CHECK(env().rename_new(dir.path_of("missing"), dir.path_of("d")).is(Error::kNoSuchFile));
}

TEST_CASE("removing takes the entry itself, never what a symbolic link leads to") {
  TempDir dir;
  write_whole_file(dir.path_of("target"), "kept");
  REQUIRE(::symlink("target", dir.path_of("link").c_str()) == 0);
  CHECK(env().remove(dir.path_of("link")).ok());
  CHECK(read_whole_file(dir.path_of("target")) == "kept");
  CHECK(env().remove(dir.path_of("link")).is(Error::kNoSuchFile));
  CHECK_FALSE(env().remove(dir.path()).ok());
}

TEST_CASE("a directory is made for its owner alone, once; something else in its place is an error") {
  TempDir dir;
  const mode_t before = ::umask(0);
  CHECK(env().make_directory(dir.path_of("new")).ok());
  ::umask(before);
  CHECK(mode_of(dir.path_of("new")) == 0700);
  REQUIRE(::chmod(dir.path_of("new").c_str(), 0750) == 0);
  CHECK(env().make_directory(dir.path_of("new")).ok());
  CHECK(mode_of(dir.path_of("new")) == 0750);
  write_whole_file(dir.path_of("file"), "");
  REQUIRE(::symlink("new", dir.path_of("link").c_str()) == 0);
  REQUIRE(::symlink("nowhere", dir.path_of("dangling").c_str()) == 0);
  CHECK(env().make_directory(dir.path_of("link")).ok());
  CHECK(env().make_directory(dir.path_of("file")).is(Error::kNotAnOrdinaryFile));
  CHECK(env().make_directory(dir.path_of("dangling")).is(Error::kNotAnOrdinaryFile));
  CHECK(env().make_directory(dir.path_of("missing/new")).is(Error::kNoSuchFile));
}

TEST_CASE("only an empty directory is removed as one") {
  TempDir dir;
  REQUIRE(env().make_directory(dir.path_of("new")).ok());
  write_whole_file(dir.path_of("new/file"), "");
  CHECK(env().remove_directory(dir.path_of("new")).is(Error::kIoError));
  CHECK_FALSE(env().remove_directory(dir.path_of("new/file")).ok());
  REQUIRE(env().remove(dir.path_of("new/file")).ok());
  CHECK(env().remove_directory(dir.path_of("new")).ok());
  CHECK(env().remove_directory(dir.path_of("new")).is(Error::kNoSuchFile));
  CHECK(names_in(dir.path()).empty());
}

TEST_CASE("a directory is listed with the kinds of its entries") {
  TempDir dir;
  write_whole_file(dir.path_of("file"), "");
  REQUIRE(::mkdir(dir.path_of("directory").c_str(), 0700) == 0);
  REQUIRE(::mkfifo(dir.path_of("fifo").c_str(), 0600) == 0);
  REQUIRE(::symlink("file", dir.path_of("link").c_str()) == 0);
  const auto entries = env().list(dir.path());
  REQUIRE(entries.ok());
  CHECK(entries->size() == 4);
  for (const DirectoryEntry& entry : *entries) {
    if (entry.name == "file") CHECK(entry.kind == FileKind::kFile);
    if (entry.name == "directory") CHECK(entry.kind == FileKind::kDirectory);
    if (entry.name == "fifo") CHECK(entry.kind == FileKind::kOther);
    if (entry.name == "link") CHECK(entry.kind == FileKind::kSymlink);
  }
  CHECK(env().list(dir.path_of("missing")).status().is(Error::kNoSuchFile));
  CHECK(env().list(dir.path_of("file")).status().is(Error::kNoSuchFile));
}

TEST_CASE("a directory is synced, and a missing one is not") {
  TempDir dir;
  CHECK(env().sync_directory(dir.path()).ok());
  CHECK(env().sync_directory(dir.path_of("missing")).is(Error::kNoSuchFile));
}

TEST_CASE("information is of the link or of its target, as asked") {
  TempDir dir;
  write_whole_file(dir.path_of("file"), "12345");
  REQUIRE(::symlink("file", dir.path_of("link").c_str()) == 0);
  REQUIRE(::link(dir.path_of("file").c_str(), dir.path_of("second").c_str()) == 0);
  const auto file = env().info(dir.path_of("file"), false);
  REQUIRE(file.ok());
  CHECK(file->kind == FileKind::kFile);
  CHECK(file->size == 5);
  CHECK(file->links == 2);
  CHECK(file->modified_ns > 1'700'000'000'000'000'000);
  CHECK(env().info(dir.path_of("link"), true)->id == file->id);
  CHECK(env().info(dir.path_of("second"), false)->id == file->id);
  CHECK(env().info(dir.path_of("link"), false)->kind == FileKind::kSymlink);
  CHECK(env().info(dir.path(), false)->kind == FileKind::kDirectory);
  CHECK(env().info(dir.path_of("missing"), false).status().is(Error::kNoSuchFile));
}

TEST_CASE("free space is that of the path's file system") {
  TempDir dir;
  CHECK(*env().free_space(dir.path()) > 0);
  CHECK(*env().free_space("/proc") == 0);
  CHECK(env().free_space(dir.path_of("missing")).status().is(Error::kNoSuchFile));
}

TEST_CASE("a canonical path has no links and dots, and its last part need not exist") {
  TempDir dir;
  REQUIRE(::mkdir(dir.path_of("real").c_str(), 0700) == 0);
  write_whole_file(dir.path_of("real/file"), "");
  REQUIRE(::symlink("real", dir.path_of("way").c_str()) == 0);
  REQUIRE(::symlink("file", dir.path_of("real/link").c_str()) == 0);
  REQUIRE(::symlink("../way/new", dir.path_of("real/dangling").c_str()) == 0);
  REQUIRE(::symlink("circle", dir.path_of("circle").c_str()) == 0);
  REQUIRE(::symlink("missing/file", dir.path_of("lost").c_str()) == 0);
  const std::string real = dir.path_of("real");
  CHECK(*env().canonical(dir.path_of("way/../way/./link")) == real + "/file");
  CHECK(*env().canonical(dir.path_of("way")) == real);
  CHECK(*env().canonical(dir.path_of("way/new")) == real + "/new");
  CHECK(*env().canonical(dir.path_of("way/dangling")) == real + "/new");
  CHECK(env().canonical(dir.path_of("circle")).status().is(Error::kNotAnOrdinaryFile));
  for (const char* lost : {"lost", "missing/file", "missing/.", "missing/..", "missing/"}) {
    CHECK(env().canonical(dir.path_of(lost)).status().is(Error::kNoSuchFile));
  }
  CHECK(env().canonical("").status().is(Error::kNoSuchFile));
  CHECK(run_in_child([&] {
          if (::chdir(real.c_str()) != 0) return 1;
          return *env().canonical("new") == real + "/new" && *env().canonical("link") == real + "/file" ? 0
                                                                                                        : 2;
        }) == 0);
}

TEST_CASE("an open file is found among the descriptors of the process, by whatever path it was opened") {
  TempDir dir;
  write_whole_file(dir.path_of("file"), "");
  REQUIRE(::link(dir.path_of("file").c_str(), dir.path_of("second").c_str()) == 0);
  const FileId id = env().info(dir.path_of("file"), false)->id;
  CHECK_FALSE(*env().is_open_here(id));
  const int descriptor = ::open(dir.path_of("second").c_str(), O_RDONLY | O_CLOEXEC);
  REQUIRE(descriptor >= 0);
  CHECK(*env().is_open_here(id));
  CHECK(env().descriptor_is(descriptor, id));
  ::close(descriptor);
  CHECK_FALSE(*env().is_open_here(id));
  CHECK_FALSE(env().descriptor_is(descriptor, id));
  CHECK_FALSE(env().descriptor_is(-1, id));
}

TEST_CASE("where a file cannot be cloned nothing of it is changed, and where it can it has all the bytes") {
  TempDir dir;
  const std::string content(100'000, 'c');
  write_whole_file(dir.path_of("source"), content);
  const int source = ::open(dir.path_of("source").c_str(), O_RDONLY | O_CLOEXEC);
  REQUIRE(source >= 0);
  auto file = created(dir.path_of("clone"));
  const auto cloned = file->clone_from(source);
  ::close(source);
  REQUIRE(cloned.ok());
  const std::string copy = *cloned ? content : "";
  CHECK(read_whole_file(dir.path_of("clone")) == copy);
  REQUIRE(file->append(as_bytes("end")).ok());
  CHECK(read_whole_file(dir.path_of("clone")) == copy + "end");
}

TEST_CASE("cloning from a descriptor that is none is an error") {
  TempDir dir;
  CHECK(created(dir.path_of("clone"))->clone_from(-1).status().is(Error::kIoError));
}

TEST_CASE("permissions that are missing are told as such") {
  TempDir dir;
  REQUIRE(::chmod(dir.path().c_str(), 0755) == 0);
  write_whole_file(dir.path_of("secret"), "");
  REQUIRE(::chmod(dir.path_of("secret").c_str(), 0) == 0);
  REQUIRE(::mkdir(dir.path_of("closed").c_str(), 0555) == 0);
  CHECK(run_unprivileged([&] {
          if (!env().open(dir.path_of("secret"), false).status().is(Error::kNoPermission)) return 1;
          if (!env().create(dir.path_of("closed/new")).status().is(Error::kNoPermission)) return 2;
          if (!env().make_directory(dir.path_of("closed/new")).is(Error::kNoPermission)) return 3;
          return env().make_directory(dir.path_of("closed")).ok() ? 0 : 4;
        }) == 0);
}

// Copies of backups off the machine, and what is remembered of the places where they are.
#include "catalog/catalog.h"
#include "catalog/healing.h"

namespace sqbackup {
namespace {

Result<OwnerMemory> read_memory(Connection& connection, const std::string& place) {
  SQB_ASSIGN(auto select, connection.prepare("SELECT token, pending FROM places WHERE place = ?1"));
  select.bind(1, std::string_view(place));
  SQB_ASSIGN(const bool row, select.step());
  return row ? OwnerMemory{select.text(0), select.text(1)} : OwnerMemory();
}

Status write_memory(Connection& connection, const std::string& place, const OwnerMemory& memory) {
  SQB_ASSIGN(auto write, connection.prepare("INSERT OR REPLACE INTO places VALUES (?1, ?2, ?3)"));
  write.bind(1, std::string_view(place));
  write.bind(2, std::string_view(memory.current));
  write.bind(3, std::string_view(memory.pending));
  return write.run();
}

Status write_copy(Connection& connection, const std::string& name, const std::string& place,
                  const std::string& url, UnixMillis at) {
  SQB_ASSIGN(auto write, connection.prepare("INSERT OR REPLACE INTO copies VALUES (?1, ?2, ?3, ?4)"));
  write.bind(1, std::string_view(name));
  write.bind(2, std::string_view(place));
  write.bind(3, std::string_view(url));
  write.bind(4, std::string_view(format_sql_time(at)));
  return write.run();
}

}  // namespace

Result<OwnerMemory> Catalog::owner_memory(const std::string& place) {
  return healing([&] { return read_memory(connection_, place); });
}

Status Catalog::remember_owner(const std::string& place, const OwnerMemory& memory) {
  return healing([&] { return write_memory(connection_, place, memory); });
}

Status Catalog::add_copy(const std::string& name, const std::string& place, const std::string& url,
                         UnixMillis at) {
  return healing([&] { return write_copy(connection_, name, place, url, at); });
}

}  // namespace sqbackup

// A database image that is not a file of its own: SQLite reads it through a VFS of ours, page by page, from
// whatever makes the bytes (a compressed or encrypted backup). Nothing of it is ever written to a disk.
#pragma once

#include "base/byte_stream.h"
#include "base/status.h"
#include "pages/connection.h"

namespace sqbackup {

// Opens the database whose bytes `source` gives, read-only and without locks or journal. `source` outlives
// the connection and belongs to the thread that uses it. An error of its read_at() shows as kIoError
// (kNoMemory): whoever opens keeps what it was.
Result<Connection> open_image(ByteSource& source);

}  // namespace sqbackup

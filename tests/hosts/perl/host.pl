# The scenarios in Perl (DBD::SQLite): host.pl MODULE DIRECTORY SCENARIO [SECONDS].
use strict;
use warnings;
use DBI;

my ($module, $directory, $scenario, $seconds) = @ARGV;
my $rows = 1000;
$| = 1;

sub connect_to {
    my $db = DBI->connect("dbi:SQLite:dbname=$directory/app.db", "", "", { RaiseError => 1, PrintError => 0 });
    $db->sqlite_busy_timeout(10_000);
    $db->sqlite_enable_load_extension(1);
    $db->sqlite_load_extension($module);
    return $db;
}

sub create {
    my $db = connect_to();
    $db->do("PRAGMA journal_mode = wal");
    $db->do("CREATE TABLE item(id INTEGER PRIMARY KEY, text TEXT)");
    $db->do("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $rows)
             INSERT INTO item SELECT i, hex(randomblob(10)) FROM n");
    return $db;
}

sub one { my ($db, $sql, @values) = @_; return ($db->selectrow_array($sql, undef, @values))[0]; }

sub expect { my ($found, $wanted) = @_; die "'$found', not '$wanted'" unless $found eq $wanted; }

sub refused {
    my ($db, $sql, $text) = @_;
    die "not refused: $sql" if eval { $db->selectall_arrayref($sql); 1 };
    die "$sql: $@" unless index($@, $text) >= 0;
}

sub work {
    my ($db, $other) = (create(), connect_to());
    my $name = one($db, "SELECT backup_now()");
    expect(join("|", $db->selectrow_array("SELECT name, status, rows FROM backups")), "$name|completed|$rows");
    expect(one($db, "SELECT backup_verify(?)", $name), "ok");
    $db->do("DELETE FROM item WHERE id > 10");
    expect(one($other, "SELECT count(*) FROM item"), 10);
    refused($db, "SELECT backup_restore('latest')", "SQB-AUTH-01");
    one($db, "SELECT backup_config('allow_restore', 'on')");
    my $undo = one($db, "SELECT backup_restore(?)", $name);
    expect(one($db, "SELECT count(*) FROM item"), $rows);
    expect(one($other, "SELECT count(*) FROM item"), $rows);
    expect(one($other, "PRAGMA integrity_check"), "ok");
    expect(one($db, "SELECT trigger FROM backups WHERE name = ?", $undo), "pre_restore");
    $db->do("INSERT INTO item(text) VALUES('after')");
    $_->disconnect for $db, $other;
}

sub refuse {
    my $db = create();
    $db->do("CREATE VIEW takes AS SELECT backup_now()");
    $db->do("CREATE VIEW lists AS SELECT * FROM backups");
    $db->do("CREATE TRIGGER took AFTER INSERT ON item BEGIN SELECT backup_now(); END");
    refused($db, "SELECT * FROM takes", "unsafe use");
    refused($db, "SELECT * FROM lists", "unsafe use");
    refused($db, "INSERT INTO item(text) VALUES('x')", "unsafe use");
    expect(one($db, "SELECT count(*) FROM backups"), 0);
    $db->disconnect;
}

our @kept;

# The process ends inside a statement, nothing closed.
sub leave {
    my $db = create();
    one($db, "SELECT backup_now()") for 1 .. 2;
    my $statement = $db->prepare("SELECT name FROM backups");
    $statement->execute;
    $statement->fetch;
    @kept = ($db, $statement);
}

sub fork_child {
    my $db = create();
    one($db, "SELECT backup_now()");
    my $child = fork();
    if ($child == 0) {
        refused($db, "SELECT backup_now()", "SQB-FORK-01");
        refused($db, "SELECT * FROM backups", "SQB-FORK-01");
        my $fresh = connect_to();
        expect(one($fresh, "SELECT backup_verify(backup_now())"), "ok");
        $fresh->disconnect;
        exit 7;
    }
    waitpid($child, 0);
    expect($? >> 8, 7);
    expect(one($db, "SELECT backup_verify(backup_now())"), "ok");
    expect(one($db, "SELECT count(*) FROM backups"), 3);
    expect(one($db, "PRAGMA integrity_check"), "ok");
    $db->do("INSERT INTO item(text) VALUES('after')");
    $db->disconnect;
}

# A connection whose scheduler has been at work for so many seconds.
sub scheduler {
    my $db = create();
    one($db, "SELECT backup_config('interval', '1s')");
    expect(one($db, "SELECT backup_start() ->> 'leader'"), 1);
    select(undef, undef, undef, $seconds);
    return $db;
}

sub scheduler_close { scheduler()->disconnect; }

sub scheduler_exit { @kept = scheduler(); }

sub scheduler_exec {
    my $db = scheduler();
    exec("echo", "ok $scenario") or die;
}

sub scheduler_fork {
    my $db = scheduler();
    my $child = fork();
    if ($child == 0) {
        refused($db, "SELECT backup_now()", "SQB-FORK-01");
        exit 7;
    }
    waitpid($child, 0);
    expect($? >> 8, 7);
    expect(one($db, "SELECT backup_verify(backup_now())"), "ok");
}

my %scenarios = (work => \&work, refuse => \&refuse, exit => \&leave, fork => \&fork_child,
    "scheduler-close" => \&scheduler_close, "scheduler-exit" => \&scheduler_exit,
    "scheduler-exec" => \&scheduler_exec, "scheduler-fork" => \&scheduler_fork);
$scenarios{$scenario}->();
print "ok $scenario\n";

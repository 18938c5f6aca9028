# Installs the installer given, uses the program, removes it. Run by the release workflow.
param([Parameter(Mandatory)][string]$Setup)
$ErrorActionPreference = "Stop"
function Check([bool]$Right, [string]$What) { if (-not $Right) { throw "installed test: $What" } }

Start-Process $Setup -ArgumentList "/S" -Wait
$place = "$env:LOCALAPPDATA\Programs\Earmark"
Check (Test-Path "$place\earmark-app.exe") "not installed"
Check (Test-Path "$env:APPDATA\Microsoft\Windows\Start Menu\Programs\Earmark.lnk") "no menu entry"

Set-Location $env:TEMP
$heard = & "$place\earmark.exe" classify "$place\_internal\resources\sounds\demo.ogg" | Out-String
foreach ($word in "techno", "violin", "piano") { Check ($heard -match $word) "no $word in: $heard" }
$facts = & "$place\earmark.exe" analyse-music "$place\_internal\resources\sounds\harpsichord.ogg" | Out-String
Check ($facts -match "C minor") "another key: $facts"

# The window: there is no sound device on the runner, and it has to open all the same.
Remove-Item Env:QT_QPA_PLATFORM -ErrorAction SilentlyContinue
$window = Start-Process "$place\earmark-app.exe" -PassThru
$end = (Get-Date).AddSeconds(90)
while (-not $window.MainWindowTitle -and (Get-Date) -lt $end) {
    Start-Sleep -Milliseconds 200
    $window.Refresh()
    Check (-not $window.HasExited) "the window ended with $($window.ExitCode)"
}
Check ($window.MainWindowTitle -eq "Earmark") "no window"
Start-Sleep 15
Check (-not $window.HasExited) "the window ended after a while"
Stop-Process $window
$window.WaitForExit()

Start-Process "$place\uninstall.exe" -ArgumentList "/S", "_?=$place" -Wait
Check (-not (Test-Path "$place\_internal")) "files are left behind"
Check (-not (Test-Path "HKCU:\Software\Classes\Earmark.Sound")) "file types are left behind"
Write-Output "installed test: passed"

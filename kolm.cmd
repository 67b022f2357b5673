@echo off
rem kolm: finds JDK 25, builds the jar when it is missing or older than its sources, and runs it.
rem Environment: JAVA_HOME, JAVA25_HOME (where a JDK is), KOLM_JAVA_OPTS (more JVM flags).
rem Exit code 3: no JDK 25, or no Maven to build with. 4: the build failed. Else that of kolm.
setlocal EnableExtensions DisableDelayedExpansion
set "root=%~dp0"
set "jar=%root%kolm-server\target\kolm-server.jar"
set "jdk="

call :try "%JAVA_HOME%"
call :try "%JAVA25_HOME%"
call :try "%JAVA_HOME_25_X64%"
for /f "delims=" %%J in ('where java 2^>nul') do call :try "%%~dpJ.."
for /d %%D in (
  "%ProgramFiles%\Eclipse Adoptium\jdk-25*"
  "%ProgramFiles%\Java\jdk-25*"
  "%ProgramFiles%\Microsoft\jdk-25*"
  "%ProgramFiles%\Zulu\zulu-25*"
  "%ProgramFiles%\Amazon Corretto\jdk25*"
  "%ProgramFiles%\BellSoft\LibericaJDK-25*"
  "%USERPROFILE%\.jdks\*"
) do call :try "%%~D"
if not defined jdk (
  >&2 echo kolm: kolm needs JDK 25: install one ^(for example Eclipse Temurin 25^) or set JAVA_HOME to it
  exit /b 3
)

call :stale
if errorlevel 1 goto run
where mvn >nul 2>nul
if errorlevel 1 (
  >&2 echo kolm: the jar has to be built and there is no Maven: install Maven 3.6.3 or newer
  exit /b 3
)
rem A folder is made in one step: who makes it builds, others wait.
if not exist "%root%target" mkdir "%root%target"
:lock
mkdir "%root%target\kolm-build.lock" 2>nul
if errorlevel 1 (
  >&2 echo kolm: waiting for another build ^(if there is none, delete %root%target\kolm-build.lock^)
  timeout /t 2 /nobreak >nul 2>nul || ping -n 3 127.0.0.1 >nul
  goto lock
)
call :stale
if errorlevel 1 (
  rmdir "%root%target\kolm-build.lock"
  goto run
)
>&2 echo kolm: building kolm-server\target\kolm-server.jar (about a minute, once)
set "outer_java_home=%JAVA_HOME%"
set "JAVA_HOME=%jdk%"
call mvn -q -B -ntp -f "%root%pom.xml" -Dmaven.test.skip=true -Dkolm.quick -Dcyclonedx.skip=true -Dmaven.javadoc.skip=true -Dmaven.source.skip=true -pl kolm-server -am package <nul 1>&2
set "failed=%errorlevel%"
set "JAVA_HOME=%outer_java_home%"
rmdir "%root%target\kolm-build.lock"
if not "%failed%"=="0" (
  >&2 echo kolm: the build failed; its messages are above
  exit /b 4
)

:run
"%jdk%\bin\java.exe" --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=deny "-Djdk.serialFilter=!*" -XX:-CreateCoredumpOnCrash -XX:+UseSerialGC %KOLM_JAVA_OPTS% -jar "%jar%" %*
exit /b %errorlevel%

rem Takes %1 if it is the home of a JDK 25 and none has been found yet.
:try
if defined jdk exit /b 0
if "%~1"=="" exit /b 0
if not exist "%~f1\bin\javac.exe" exit /b 0
if not exist "%~f1\release" exit /b 0
findstr /r /c:"^JAVA_VERSION=\"25[.+-]" /c:"^JAVA_VERSION=\"25\"" "%~f1\release" >nul 2>nul || exit /b 0
set "jdk=%~f1"
exit /b 0

rem 0: the jar has to be built; 1: it is newer than all sources.
:stale
if not exist "%jar%" exit /b 0
if not exist "%root%pom.xml" exit /b 1
powershell -NoProfile -Command "$t=(Get-Item -LiteralPath $env:jar).LastWriteTimeUtc; $f=@(Get-Item ($env:root+'pom.xml')); $f+=Get-ChildItem ($env:root+'kolm-*\pom.xml'); $f+=Get-ChildItem ($env:root+'kolm-*\src\main'),($env:root+'build') -Recurse; if ($f | Where-Object { $_.LastWriteTimeUtc -gt $t } | Select-Object -First 1) { exit 0 } else { exit 1 }"
exit /b %errorlevel%

#!/bin/sh
# What `./yunping bench transcode` compares with: one plain ffmpeg command with the same outputs and GOP,
# scaled by ffmpeg's own scaler.
# usage: bench_transcode.sh INPUT FOLDER FRAMES SAMPLES GAIN_DB FADE_OUT_AT FILTERS_OF_PEAKS
set -eu
exec nice -n 10 ffmpeg -hide_banner -nostdin -y -loglevel error -i "$1" -filter_complex "
[0:v:0]fps=25:start_time=0,tpad=stop=125:stop_mode=clone,
scale=1920:1080:force_original_aspect_ratio=decrease:in_color_matrix=bt709:out_color_matrix=bt709:out_range=tv,
format=yuv420p,pad=1920:1080:(ow-iw)/2:(oh-ih)/2:black,setsar=1,
setparams=range=tv:color_primaries=bt709:color_trc=bt709:colorspace=bt709:field_mode=prog,split=3[v1][t2][t3];
[t2]scale=1280:720,setsar=1[v2];
[t3]scale=854:480,setsar=1[v3];
[0:a:0]aresample=48000:async=1:first_pts=0,aformat=sample_fmts=fltp:channel_layouts=stereo,volume=$5dB$7,
afade=t=in:d=0.02,afade=t=out:st=$6:d=0.02,adelay=80:all=1,apad,atrim=end_sample=$4,asetnsamples=1024[a]" \
  -map '[v1]' -frames:v "$3" -c:v libx264 -preset veryfast -profile:v high -level 4.0 -pix_fmt yuv420p \
  -crf 21 -maxrate 5400k -bufsize 4500k \
  -x264-params keyint=48:min-keyint=48:scenecut=0:open-gop=0:stitchable=1:chromaloc=0 \
  -f mp4 -movflags +frag_keyframe+empty_moov+default_base_moof+skip_trailer -min_frag_duration 3800000 \
  -video_track_timescale 12800 -map_metadata -1 -fflags +bitexact "$2/1080" \
  -map '[v2]' -frames:v "$3" -c:v libx264 -preset veryfast -profile:v high -level 3.1 -pix_fmt yuv420p \
  -crf 21 -maxrate 3000k -bufsize 2500k \
  -x264-params keyint=48:min-keyint=48:scenecut=0:open-gop=0:stitchable=1:chromaloc=0 \
  -f mp4 -movflags +frag_keyframe+empty_moov+default_base_moof+skip_trailer -min_frag_duration 3800000 \
  -video_track_timescale 12800 -map_metadata -1 -fflags +bitexact "$2/720" \
  -map '[v3]' -frames:v "$3" -c:v libx264 -preset veryfast -profile:v high -level 3.0 -pix_fmt yuv420p \
  -crf 21 -maxrate 1200k -bufsize 1000k \
  -x264-params keyint=48:min-keyint=48:scenecut=0:open-gop=0:stitchable=1:chromaloc=0 \
  -f mp4 -movflags +frag_keyframe+empty_moov+default_base_moof+skip_trailer -min_frag_duration 3800000 \
  -video_track_timescale 12800 -map_metadata -1 -fflags +bitexact "$2/480" \
  -map '[a]' -c:a aac -b:a 128k -ac 2 -ar 48000 -bsf:a "noise=drop='lt(pts,0)'" \
  -f mp4 -movflags +empty_moov+default_base_moof+skip_trailer -frag_duration 3840000 \
  -map_metadata -1 -fflags +bitexact "$2/audio"
